/**
 * Brings two machines to the same keys after they were apart. That a machine lacks a key says nothing: it may be new. Only what one
 * has noted as destroyed is destroyed on the other, so that a lost disk costs no key and a destroyed one does not come back.
 */
import { sameBytes } from '../../bytes.ts'
import { digestOf, type KeyTable, type NameRange } from './key-table.ts'
import { type AskMirror, mostAtOnce, pageSize } from './requests.ts'

export interface Agreement {
  readonly table: KeyTable
  readonly ask: AskMirror
  /** Which of the keys that only the mirror has are taken; the others are destroyed there. Undefined: it cannot be said yet. */
  readonly wanted: ((names: readonly string[]) => Promise<ReadonlySet<string>>) | undefined
}

/** How many keys were left where they are, as it could not be said whether they are wanted. */
export async function agree(agreement: Agreement): Promise<number> {
  const { table, ask } = agreement
  await takeDestructions(agreement)
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

/** What the mirror destroyed while it served itself. */
async function takeDestructions({ table, ask }: Agreement): Promise<void> {
  for (;;) {
    const names = await ask({ ask: 'destructions' })
    if (names.length === 0) return
    await table.destroy(names, false)
    await ask({ ask: 'confirmed', names })
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
    const upto = theirs.length < mostAtOnce ? range.upto : theirs.at(-1)
    const ours = await table.names({ after, upto }, pageSize)
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
  if (wanted === undefined) return names.length
  const those = await wanted(names)
  const unwanted = names.filter(name => !those.has(name))
  if (unwanted.length > 0) await ask({ ask: 'destroy', names: unwanted })
  if (those.size > 0) await table.take(await ask({ ask: 'keys', names: names.filter(name => those.has(name)) }))
  return 0
}
