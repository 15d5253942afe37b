/** Card readers at the command line: what talks to them is built when it is first wanted, and whatever is in the way is said with a way out. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from '../setup/prepare.mjs'
import { CardRemoved } from '../src/card/apdu/secure-element.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { cardSentences } from '../src/operations/card-sentences.ts'
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

async function sayingWhy<T>(talk: () => Promise<T>): Promise<T> {
  try {
    return await talk()
  } catch (error) {
    if (error instanceof CardRemoved) throw new CannotDo(cardSentences[error.absence])
    throw error
  }
}
