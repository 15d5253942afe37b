/** Which number rings which line of which institution, as an installation's file says. */

export interface Line {
  /** What the caller dials. */
  readonly number: string
  /** The institution's id, which is also the name of its Stasis application and of its ARI account. */
  readonly institution: string
  /** Which of the institution's lines: the application finds the call script by it. */
  readonly line: string
}

/** A number of the ordinary telephone network that rings a line. */
export interface TrunkLine {
  /** The trunk's name. */
  readonly trunk: string
  /** What its edge asks Asterisk for. */
  readonly extension: string
  /** The number that a line has in this installation. */
  readonly rings: string
  /** Whether the provider vouches for the caller's number in calls to this extension. */
  readonly isAttested: boolean
  /** Of the whole trunk, at the same time. */
  readonly mostCalls: number
}
