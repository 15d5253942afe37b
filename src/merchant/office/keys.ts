/** What people do in the office about the programs of shops: they make a key or end it, or have its shop told again what it has not heard. */
import { now } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import type { Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { endKey, type KnownKeys, keepKey, liveKey } from '../till/api-keys.ts'
import { makeDue } from '../till/notices.ts'
import { type Act, type ActOf, actIn, keepAct, NotSigned, type SignedAct } from './act.ts'

export type DoneAboutKey =
  /** `signingSecret`: shown once to whoever added it. */
  | { readonly outcome: 'added'; readonly signingSecret: Secret }
  | { readonly outcome: 'revoked' }
  /** What it has not heard is due now. */
  | { readonly outcome: 'told-again' }
  /** It is revoked already, or there was none. */
  | { readonly outcome: 'unknown-key' }
  /** Its shop knows everything, or is told nothing. */
  | { readonly outcome: 'nothing-to-tell' }
  | { readonly outcome: 'not-signed' }

type AboutKey = ActOf<'add-key' | 'revoke-key' | 'tell-again'>

export async function actOnKey(shop: Shop, known: Pick<KnownKeys, 'forget'>, signed: SignedAct): Promise<DoneAboutKey> {
  const { store, config } = shop
  const act = actIn(signed, config.id, now(shop))
  if (act === undefined || !isAboutKey(act)) return { outcome: 'not-signed' }
  try {
    const at = now(shop)
    const done = await store.execute(tx => carryOut(tx, act, signed, at))
    if (done.outcome !== 'added') return done
    return { ...done, signingSecret: await shop.signingSecret(keyOf(act)) }
  } catch (failure) {
    if (failure instanceof NotSigned) return { outcome: 'not-signed' }
    if (failure instanceof NothingDone) return { outcome: failure.outcome }
    throw failure
  } finally {
    // Whatever is known of the outcome.
    known.forget()
    shop.wakeNotices()
  }
}

const isAboutKey = (act: Act): act is AboutKey =>
  act.kind === 'add-key' || act.kind === 'revoke-key' || act.kind === 'tell-again'

const keyOf = ({ request }: AboutKey) => ('key' in request ? request.key : request.id)

const became = {
  'add-key': { outcome: 'added' },
  'revoke-key': { outcome: 'revoked' },
  'tell-again': { outcome: 'told-again' },
} as const

type Done = Exclude<DoneAboutKey, { outcome: 'added' }> | { readonly outcome: 'added' }

/** What its signature was kept for is not possible: the command is undone. */
class NothingDone extends Error {
  readonly outcome: 'unknown-key' | 'nothing-to-tell'
  constructor(outcome: NothingDone['outcome']) {
    super(outcome)
    this.outcome = outcome
  }
}

async function carryOut(tx: Tx, act: AboutKey, signed: SignedAct, now: number): Promise<Done> {
  const { tenant, person: signer, at } = act
  const { digest, isNew } = await keepAct(tx, act, signed, null)
  // Where the first answer was lost, the second is the same.
  if (!isNew) return became[act.kind]
  const by = { signer, at, act: digest }
  switch (act.kind) {
    case 'add-key': {
      const { webhook, intent: _once, ...key } = act.request
      if (!(await keepKey(tx, tenant, { ...key, webhook: webhook ?? undefined }, by)))
        throw new NothingDone('unknown-key')
      break
    }
    case 'revoke-key':
      if (!(await endKey(tx, tenant, act.request.key, by))) throw new NothingDone('unknown-key')
      break
    case 'tell-again':
      if ((await liveKey(tx, tenant, act.request.key)) === undefined) throw new NothingDone('unknown-key')
      if ((await makeDue(tx, tenant, act.request.key, now)) === 0n) throw new NothingDone('nothing-to-tell')
  }
  return became[act.kind]
}
