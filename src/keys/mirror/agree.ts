/**
 * Brings two machines to the same keys after they were apart. That a machine lacks a key says nothing: it may be new. Only what one
 * has noted as destroyed is destroyed on the other, so that a lost disk costs no key and a destroyed one does not come back; and what
 * the mirror has noted only if the books do not need it, so that nobody who got hold of the mirror destroys what can still be told.
 */
import { sameBytes } from '../../bytes.ts'
import { digestOf, isInOrder, type KeyTable, type NameRange } from './key-table.ts'
import { type AskMirror, mostAtOnce, pageSize } from './requests.ts'

/** Which of these names of keys are wanted. */
export type Wanted = (names: readonly string[]) => Promise<ReadonlySet<string>>

export interface Agreement {
  readonly table: KeyTable
  readonly ask: AskMirror
  /** Which of the keys that only the mirror has are taken; the others are destroyed there. Undefined: it cannot be said yet. */
  readonly wanted: (names: readonly string[]) => Promise<ReadonlySet<string> | undefined>
}

export interface Destructions extends Pick<Agreement, 'table' | 'ask'> {
  /** What the books need: its destruction is not believed. */
  readonly needed: Wanted
  /** The mirror had destroyed these, and gets them again. */
  readonly spared: (names: readonly string[]) => void
}

/** How many keys were left where they are, as it could not be said whether they are wanted. @throws when an answer cannot be right */
export async function agree(agreement: Agreement): Promise<number> {
  const { table, ask } = agreement
  while ((await tellDestructions(table, ask)) > 0);
  let left = 0
  let after = ''
  for (;;) {
    const names = await table.names({ after, upto: undefined }, pageSize)
    const upto = names.length < pageSize ? undefined : names.at(-1)
    const theirs = await ask({ ask: 'digest', after, upto: upto ?? null })
    if (!sameBytes(theirs, digestOf(names))) left += await settleRange(agreement, { after, upto })
    if (upto === undefined) return left
    after = upto
  }
}

/** Tells the mirror what was destroyed here, and forgets it once it has done it. How many were told. */
export async function tellDestructions(table: KeyTable, ask: AskMirror): Promise<number> {
  const names = await table.destructions(mostAtOnce)
  if (names.length === 0) return 0
  await ask({ ask: 'destroy', names })
  await table.confirmed(names)
  return names.length
}

/** What the mirror destroyed while it served itself. @throws when it does not forget what it was told to */
export async function takeDestructions({ table, ask, needed, spared }: Destructions): Promise<void> {
  let before: ReadonlySet<string> = new Set()
  for (;;) {
    const names = await ask({ ask: 'destructions' })
    if (names.length === 0) return
    if (names.some(name => before.has(name))) throw new Error('it tells destructions again that were confirmed')
    const those = await needed(names)
    const gone = names.filter(name => !those.has(name))
    if (gone.length > 0) await table.destroy(gone, false)
    await ask({ ask: 'confirmed', names })
    const alive = names.filter(name => those.has(name))
    if (alive.length > 0) spared(alive)
    await put(table, ask, alive)
    before = new Set(names)
  }
}

export async function put(table: KeyTable, ask: AskMirror, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += mostAtOnce) {
    // Read as late as can be: what was destroyed since is not sent.
    const keys = await table.keysOf(names.slice(from, from + mostAtOnce))
    if (keys.length > 0) await ask({ ask: 'put', keys })
  }
}

/** In parts that the mirror's names divide the range into. */
async function settleRange(agreement: Agreement, range: NameRange): Promise<number> {
  const { table, ask } = agreement
  let left = 0
  let after = range.after
  for (;;) {
    const theirs = await ask({ ask: 'names', after, upto: range.upto ?? null })
    if (!isInOrder(theirs, { ...range, after })) throw new Error('it tells names that were not asked for')
    const upto = theirs.length < mostAtOnce ? range.upto : theirs.at(-1)
    // All of them: what was sealed since the digest was taken must not push an older one out.
    const ours = await table.names({ after, upto })
    const [known, own] = [new Set(theirs), new Set(ours)]
    await put(
      table,
      ask,
      ours.filter(name => !known.has(name)),
    )
    left += await takeOrDestroy(
      agreement,
      theirs.filter(name => !own.has(name)),
    )
    if (theirs.length < mostAtOnce || upto === undefined) return left
    after = upto
  }
}

async function takeOrDestroy({ table, ask, wanted }: Agreement, names: readonly string[]): Promise<number> {
  if (names.length === 0) return 0
  const those = await wanted(names)
  if (those === undefined) return names.length
  const unwanted = names.filter(name => !those.has(name))
  if (unwanted.length > 0) await ask({ ask: 'destroy', names: unwanted })
  if (those.size === 0) return 0
  const keys = await ask({ ask: 'keys', names: names.filter(name => those.has(name)) })
  if (keys.some(({ record }) => !those.has(record))) throw new Error('it tells keys that were not asked for')
  await table.take(keys)
  return 0
}
