/** The lines that are explored, by their names in paths. */
export const lineNames = ['bank', 'merchant', 'information', 'host', 'securities'] as const
export type LineName = (typeof lineNames)[number]
