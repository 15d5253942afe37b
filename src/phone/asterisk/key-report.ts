/** A digit as Asterisk reports it: when it has ended, and how long it was. */
export interface KeyReport {
  readonly key: string
  readonly durationMs: number
  /** When Asterisk made the report, by the monotonic clock. */
  readonly atMs: number
}
