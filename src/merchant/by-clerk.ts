/** What a clerk asks to give back, by reversal or refund: once under its id, also in books that lost what they had done. */
import type { IntentId } from '../ids.ts'
import { isPayable, type Money } from '../money.ts'
import { now, orderedId } from '../runtime.ts'
import { type IntentReused, isOfAnother, once } from '../store/once.ts'
import type { Tx } from '../store/store.ts'
import { type DoneAgain, digestOf, doneAgain } from './asked-for.ts'
import type { Shop } from './shop.ts'

export interface AskedByClerk {
  readonly intent: IntentId
  /** Undefined: all that was not given back yet. */
  readonly amount: Money | undefined
  /** Who gives it back, and why. */
  readonly clerk: string
  readonly reason: string
  /** Written in the commit that gives back. `posting`: its row of the journal. */
  readonly also?: (tx: Tx, posting: bigint) => Promise<void>
}

/** Drawn before the command, which may run more than once. */
export interface Drawn {
  readonly at: number
  readonly id: string
  /** The digest of the id under which it is asked for. */
  readonly facts: string
}

interface How<O> {
  readonly kind: 'reversal' | 'refund' | 'card-refund'
  /** What of, as it belongs to the request. */
  readonly of: Readonly<Record<string, string>>
  /** The named point that is passed when it is done. */
  readonly point: 'reversal.committed' | 'refund.committed'
  decide(tx: Tx, drawn: Drawn): Promise<O>
  /** The answer where lost books had done it; undefined where that was something else. */
  again(done: DoneAgain): O | undefined
}

/** Before the name, which is whatever somebody types: an id belongs to all clerks of a payee. */
const clerks = 'clerk '

export async function onceByClerk<O>(
  shop: Shop,
  { intent: id, amount, clerk, reason }: AskedByClerk,
  { kind, of, point, decide, again }: How<O>,
): Promise<O | IntentReused | { readonly outcome: 'refused-amount' }> {
  const { runtime, store, config } = shop
  if (amount !== undefined && !isPayable(amount, config.currency)) return { outcome: 'refused-amount' }
  const intent = {
    ...{ tenant: config.id, principal: `${clerks}${clerk}`, id, kind },
    request: { ...of, minor: amount?.minor, reason },
  }
  // In books that lost who had asked for it, the id alone says that it was done; rows of before name the clerk besides.
  const anyClerks = { principal: clerks, id: intent.id }
  const drawn = { at: now(shop), id: orderedId(runtime), facts: digestOf(anyClerks) }
  const outcome = await store.execute(async (tx): Promise<O | IntentReused> => {
    // Whoever asks for a colleague, or spells their own name otherwise, has nothing done twice.
    if (await isOfAnother(tx, intent, clerks)) return { outcome: 'intent-reused' }
    const done = (await doneAgain(tx, shop, anyClerks)) ?? (await doneAgain(tx, shop, intent))
    if (done === undefined) return once(tx, intent, () => decide(tx, drawn))
    const isSame = amount === undefined || amount.minor === done.amount.minor
    return (isSame ? again(done) : undefined) ?? { outcome: 'intent-reused' }
  })
  runtime.reached(point)
  return outcome
}
