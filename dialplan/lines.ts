/** Which number rings which line of which institution, as an installation's file says. */

export interface Line {
  /** What the caller dials. */
  readonly number: string
  /** The institution's id, which is also the name of its Stasis application and of its ARI account. */
  readonly institution: string
  /** Which of the institution's lines: the application finds the call script by it. */
  readonly line: string
}
