/** Something was asked that cannot be done; the message says what can. It is all there is to say: no stack is printed. */
export class CannotDo extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CannotDo'
  }
}
