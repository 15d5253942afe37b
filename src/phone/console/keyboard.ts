/** Keys of a telephone from standard input: one by one from a terminal, line by line from a file or a pipe. */
import type { Key } from '../line.ts'

export interface Keyboard {
  /** A person types. Otherwise lines wait until they are asked for by `next`. */
  readonly isInteractive: boolean
  onKey: (key: Key) => void
  onHangUp: () => void
  /** Keys in the next line; the end of the input hangs up. Does nothing at a terminal. */
  next(): void
  /** Gives the input back as it was. */
  close(): void
}

/** `process.stdin`, as far as it is used here. */
export interface Input {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
  setEncoding(encoding: 'utf8'): unknown
  on(event: 'data' | 'end', listener: (text: string) => void): unknown
  off(event: 'data' | 'end', listener: (text: string) => void): unknown
  resume(): unknown
  pause(): unknown
}

export function openKeyboard(input: Input): Keyboard {
  return input.isTTY ? new TerminalKeyboard(input) : new WrittenKeyboard(input)
}

const isKey = (text: string): text is Key => /^[0-9*#]$/.test(text)

/** Ctrl-C and Ctrl-D: a terminal in raw mode hands them to us. */
const hangUpKeys = ['\u0003', '\u0004']

class TerminalKeyboard implements Keyboard {
  readonly isInteractive = true
  readonly #input: Input
  onKey: (key: Key) => void = () => {}
  onHangUp: () => void = () => {}

  constructor(input: Input) {
    this.#input = input
    input.setRawMode?.(true)
    input.setEncoding('utf8')
    input.on('data', this.#take)
    input.resume()
  }

  next(): void {}

  close(): void {
    this.#input.off('data', this.#take)
    this.#input.setRawMode?.(false)
    this.#input.pause()
  }

  readonly #take = (text: string): void => {
    for (const character of text) {
      if (hangUpKeys.includes(character)) this.onHangUp()
      else if (character === '\r' || character === '\n') this.onKey('#')
      else if (isKey(character)) this.onKey(character)
    }
  }
}

class WrittenKeyboard implements Keyboard {
  readonly isInteractive = false
  readonly #input: Input
  #text = ''
  #hasEnded = false
  #isWaiting = false
  onKey: (key: Key) => void = () => {}
  onHangUp: () => void = () => {}

  constructor(input: Input) {
    this.#input = input
    input.setEncoding('utf8')
    input.on('data', this.#take)
    input.on('end', this.#end)
    input.resume()
  }

  next(): void {
    this.#isWaiting = true
    this.#keyIn()
  }

  close(): void {
    this.#input.off('data', this.#take)
    this.#input.off('end', this.#end)
    this.#input.pause()
  }

  readonly #take = (text: string): void => {
    this.#text += text
    this.#keyIn()
  }

  readonly #end = (): void => {
    this.#hasEnded = true
    this.#keyIn()
  }

  #keyIn(): void {
    if (!this.#isWaiting) return
    const length = this.#text.indexOf('\n')
    if (length < 0 && !this.#hasEnded) return
    const line = length < 0 ? this.#text : this.#text.slice(0, length)
    this.#text = length < 0 ? '' : this.#text.slice(length + 1)
    const isLast = line === '' && this.#text === '' && this.#hasEnded
    this.#isWaiting = false
    if (isLast) this.onHangUp()
    else for (const character of line) if (isKey(character)) this.onKey(character)
  }
}
