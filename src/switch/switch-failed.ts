/** Asterisk did not start. The message holds what it said. */
export class SwitchFailed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SwitchFailed'
  }
}
