/** Which readers there are, and which of them is meant. */
import type { Runtime } from '../../runtime.ts'
import { DriverProcess } from './driver-process.ts'
import type { Reader } from './messages.ts'

export type { Reader }

/** @throws CardRemoved, saying why there is no reader to be had */
export async function listReaders(runtime: Runtime): Promise<readonly Reader[]> {
  const driver = new DriverProcess(runtime)
  try {
    return await driver.readers()
  } finally {
    await driver.kill()
  }
}

export type Chosen =
  | { readonly outcome: 'chosen'; readonly reader: Reader }
  | { readonly outcome: 'none' }
  /** None is called so. */
  | { readonly outcome: 'unknown' }
  /** More than one may be meant. */
  | { readonly outcome: 'several' }

/** By its name or a part of it; without one the only reader, or the only one with a card in it. */
export function chooseReader(readers: readonly Reader[], name?: string): Chosen {
  if (readers.length === 0) return { outcome: 'none' }
  const candidates = name === undefined ? readers : named(readers, name)
  const [only, second] = candidates
  if (only === undefined) return { outcome: 'unknown' }
  if (second === undefined) return { outcome: 'chosen', reader: only }
  const [full, otherFull] = name === undefined ? candidates.filter(({ hasCard }) => hasCard) : []
  return full && !otherFull ? { outcome: 'chosen', reader: full } : { outcome: 'several' }
}

function named(readers: readonly Reader[], name: string): readonly Reader[] {
  const exact = readers.filter(reader => reader.name === name)
  return exact.length > 0 ? exact : readers.filter(reader => reader.name.toLowerCase().includes(name.toLowerCase()))
}
