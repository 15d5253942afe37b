/** Which number rings which line of which institution. To add a line, add a row here; nothing else names a number. */

export interface Line {
  /** What the caller dials. */
  readonly number: string
  /** The institution's id, which is also the name of its Stasis application and of its ARI account. */
  readonly institution: string
  /** Which of the institution's lines: the application finds the call script by it. */
  readonly line: string
}

export const lines: readonly Line[] = [
  { number: '9001', institution: 'harbour', line: 'bank' },
  { number: '8001', institution: 'lantern', line: 'merchant' },
]
