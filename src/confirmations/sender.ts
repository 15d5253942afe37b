/** A mail as it leaves, and whoever takes it. */
export interface Mail {
  /** Of RFC 5322, without its angle brackets: the same at every try. */
  readonly messageId: string
  readonly from: { readonly name: string; readonly address: string }
  /** An address alone: nobody's name is in a header. */
  readonly to: string
  readonly subject: string
  /** Plain text, lines ended by `\n`. */
  readonly text: string
  /** When it was written, in milliseconds since 1970. */
  readonly at: number
}

export interface MailSender {
  /**
   * Resolves once a mail server has taken it.
   * @throws NotSent; whatever `late` was aborted with
   */
  send(mail: Mail, late: AbortSignal): Promise<void>
}

/** What a mail server, or the way there, answered: never what the mail says or whom it goes to, which servers like to repeat. */
export class NotSent extends Error {
  /** Its address was refused for good. */
  readonly isFinal: boolean

  constructor(why: string, isFinal: boolean) {
    super(why)
    this.name = 'NotSent'
    this.isFinal = isFinal
  }
}
