/** The languages of the house, and proper names in each of them. */

export const languages = ['en', 'zh'] as const

/** English or Mandarin. */
export type Language = (typeof languages)[number]

/** A proper name as each language says it: a payee, a customer, an institution. It is rendered as a clip of its own. */
export type SpokenName = Readonly<Record<Language, string>>
