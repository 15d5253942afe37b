/** Card readers at the command line: what talks to them is built when it is first wanted, and whatever is in the way is said with a way out. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from '../setup/prepare.mjs'
import { type Absence, CardRemoved } from '../src/card/apdu/secure-element.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { systemRuntime } from '../src/runtime.ts'
import { CardInReader } from '../src/terminal/reader/card-in-reader.ts'
import { chooseReader, listReaders, type Reader } from '../src/terminal/reader/readers.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** To find the card and put it in. */
const waitMs = 60_000

export async function readersHere(): Promise<readonly Reader[]> {
  await prepare(root, { reader: true })
  return sayingWhy(() => listReaders(systemRuntime))
}

/** The card in the reader of that name, or of a part of it; `true`: in the one that there is. @throws CannotDo */
export async function cardInReader(name: string | true): Promise<CardInReader> {
  const readers = await readersHere()
  const chosen = chooseReader(readers, name === true ? undefined : name)
  const known = readers.map(reader => `  ${reader.name}`).join('\n')
  switch (chosen.outcome) {
    case 'none':
      throw new CannotDo(cardSentences['no-reader'])
    case 'unknown':
      throw new CannotDo(`no reader is called ${name}. There are:\n${known}`)
    case 'several':
      throw new CannotDo(`there are several readers: say which by --reader and a part of its name.\n${known}`)
    case 'chosen': {
      const { reader } = chosen
      const onWaiting = () => void process.stderr.write(`Please put the card into ${reader.name}.\n`)
      return new CardInReader({ reader: reader.name, waitMs, onWaiting, runtime: systemRuntime })
    }
  }
}

/** Why there is no card to talk to, and what to do. */
export const cardSentences: Readonly<Record<Absence, string>> = {
  'no-card': 'no card was put into the reader',
  'taken-out': 'the card was taken out in the middle of it: leave it in until you are told',
  'in-use': 'another program is using the card in this reader: close it, then try again',
  mute: 'what is in the reader does not answer: is it the card, and the right way round?',
  'no-answer': 'the card takes too long to answer: take it out, put it in again, then try once more',
  'no-reader': 'there is no card reader (any more): plug one in, then try again',
  'no-service':
    'the card service of this machine does not run: start it (sudo systemctl start pcscd.socket, or as root pcscd), then try again',
  'not-allowed': 'the card service does not let you use readers: its polkit rules, or root, decide who may',
  'not-built': 'what talks to card readers was not built here: node setup/main.mjs test, or --reader again, builds it',
}

async function sayingWhy<T>(talk: () => Promise<T>): Promise<T> {
  try {
    return await talk()
  } catch (error) {
    if (error instanceof CardRemoved) throw new CannotDo(cardSentences[error.absence])
    throw error
  }
}
