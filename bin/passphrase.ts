/** A passphrase, typed without being shown; from a file or from standard input where a program types it. */
import { readFileSync } from 'node:fs'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { Secret } from '../src/secret.ts'

const shortest = 8

/** `file`: its first line is the passphrase; `-` is standard input. Without one, a person at the terminal is asked. */
export async function readPassphrase(whose: string, file: string | undefined): Promise<Secret> {
  const text = file === undefined ? await typed(`Passphrase of ${whose}: `) : firstLine(file)
  return new Secret(text)
}

/** One that is new: typed twice, and not too short to be guessed at leisure by whoever copies the file. */
export async function newPassphrase(whose: string, file: string | undefined): Promise<Secret> {
  const first = await readPassphrase(whose, file)
  if (first.length < shortest) throw new CannotDo(`a passphrase has at least ${shortest} characters`)
  if (file !== undefined) return first
  if ((await typed('Once more: ')) !== first.reveal()) throw new CannotDo('the two passphrases are not the same')
  return first
}

function firstLine(file: string): string {
  const [line = ''] = readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/)
  return line
}

const endOfText = '\u0003'
const endOfTransmission = '\u0004'
const backspaces = ['\u007f', '\b']

/** A line that is not shown. @throws CannotDo when nobody is at the terminal, or they have had enough */
export function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new CannotDo('nobody is at the terminal to type a passphrase: give --passphrase-file FILE')
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise((resolve, reject) => {
    let text = ''
    const done = (end: () => void) => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      end()
    }
    const take = (typed: string) => {
      for (const character of typed) {
        if (character === '\r' || character === '\n') return done(() => resolve(text))
        if (character === endOfText || character === endOfTransmission) {
          return done(() => reject(new CannotDo('nothing was done')))
        }
        text = backspaces.includes(character) ? text.slice(0, -1) : text + character
      }
    }
    stdin.on('data', take)
  })
}
