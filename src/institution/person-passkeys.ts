/**
 * How people come to passkeys, and what they prove by them on pages. Somebody about to set one up signs that by their key, in a command; a
 * browser that brings the command's code makes the passkey; they compare it and sign for it, in the same command. What was begun is in this
 * process alone, for ten minutes.
 */
import { createHash } from 'node:crypto'
import type { InstitutionId } from '../ids.ts'
import { assertionIn, madePasskey, type PasskeyKey, type PasskeySite, passkeySigned } from '../keys/passkey.ts'
import { liveOf, type Person, people } from '../keys/people.ts'
import {
  isAboutTo,
  keepPasskey,
  letPasskeyGo,
  type PasskeyLetGo,
  type PersonPasskey,
  passkeysInUse,
  type Signature,
  type VouchedPasskey,
} from '../keys/person-passkeys.ts'
import { OriginLimit, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import type { Origin } from '../origin.ts'
import { now, type Runtime, randomDigits, randomId } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Store } from '../store/store.ts'

const codeDigits = 12
/** Codes that browsers bring, in all and from one network: people set up a passkey now and then, and nobody is to keep others from it. */
const codeTries = { all: { burst: 100, perMinute: 100 }, one: { burst: 15, perMinute: 10 } }
const lifeMs = 10 * 60_000
/** Between the clock of a command and this process's. */
const skewMs = 60_000
/** More are begun by nobody; the oldest gives way. */
const mostBegun = 50

export interface Statement {
  /** The person's key. */
  readonly person: string
  readonly at: number
  readonly signature: Uint8Array
}

export type Begun =
  | {
      readonly outcome: 'begun'
      readonly code: Secret
      readonly url: string
      readonly made: Promise<VouchedPasskey | 'over'>
    }
  /** Nothing here serves people a page. */
  | { readonly outcome: 'no-page' }
  | { readonly outcome: 'unknown-person' }
  | { readonly outcome: 'bad-signature' }

export type Vouched = {
  readonly outcome: 'enrolled' | 'unknown-person' | 'bad-signature' | 'known-passkey' | 'over'
}

export interface ListedPasskey extends Omit<PersonPasskey, 'publicKey' | 'counter'> {
  readonly name: string
}

export interface PersonPasskeys {
  /** The page of this process, once it is open. */
  servedAt(url: string): void
  begin(asked: Statement): Promise<Begun>
  /** The person's word for the passkey that was made under this code. */
  vouch(code: Secret, word: Statement): Promise<Vouched>
  /** A browser brings a code: an id by which it goes on. Each code is taken once. */
  take(
    code: Secret,
    origin: Origin,
  ): { readonly outcome: 'taken'; readonly id: string } | { readonly outcome: 'wrong' | 'busy' }
  /** What the browser made. `digits`: by which it is compared. */
  made(
    id: string,
    made: { readonly response: string; readonly challenge: string; readonly site: PasskeySite },
  ): Promise<{ readonly outcome: 'made'; readonly digits: string } | { readonly outcome: 'refused' | 'over' }>
  /** For whom a browser that brought a code makes a passkey. */
  holder(id: string): Person | undefined
  /** Who signed `challenge`, and how. Each answer counts once, where the device counts. */
  prove(proof: {
    readonly response: string
    readonly challenge: string
    readonly site: PasskeySite
  }): Promise<
    | { readonly outcome: 'proven'; readonly person: Person; readonly passkey: string; readonly signature: Signature }
    | { readonly outcome: 'refused' }
  >
  /** Whether it may go on signing. */
  isInUse(person: string, passkey: string): Promise<boolean>
  list(): Promise<readonly ListedPasskey[]>
  letGo(id: string, word: Statement): Promise<PasskeyLetGo | 'unknown-person'>
}

interface Setting {
  readonly id: string
  readonly code: string
  readonly person: Person
  readonly untilMs: number
  isTaken: boolean
  key?: PasskeyKey & VouchedPasskey
  readonly tell: (made: VouchedPasskey | 'over') => void
}

/** Eight digits of the key, by which a person sees that command and page mean the same one. */
export function comparedDigits({ publicKey }: Pick<VouchedPasskey, 'publicKey'>): string {
  const digest = createHash('sha256').update('tonebank passkey').update(publicKey).digest()
  return `${digest.readUInt32BE(0) % 100_000_000}`.padStart(8, '0')
}

export function personPasskeys(store: Store, runtime: Runtime, tenant: InstitutionId): PersonPasskeys {
  const begun = new Map<string, Setting>()
  const tries = new RateLimit(runtime, codeTries.all)
  const ofOne = new OriginLimit(runtime, { caller: codeTries.one, withheld: codeTries.one })
  let page: string | undefined
  const known = async (keyId: string) => liveOf(await store.read(tx => people(tx, tenant)), keyId)
  const isNow = (at: number) => Math.abs(now({ runtime }) - at) <= lifeMs + skewMs
  const end = (setting: Setting) => {
    begun.delete(setting.id)
    setting.tell('over')
  }
  const settings = () => {
    for (const each of begun.values()) if (runtime.monotonicMs() >= each.untilMs) end(each)
    return [...begun.values()]
  }
  const byId = (id: string) => settings().find(each => each.id === id)

  return {
    servedAt: url => {
      page = url
    },

    begin: async ({ person: keyId, at, signature }) => {
      if (page === undefined) return { outcome: 'no-page' }
      const person = await known(keyId)
      if (person === undefined) return { outcome: 'unknown-person' }
      if (!isNow(at) || !isAboutTo(person, tenant, at, signature)) return { outcome: 'bad-signature' }
      const [id, code] = [randomId(runtime), randomDigits(runtime, codeDigits)]
      const made = new Promise<VouchedPasskey | 'over'>(tell =>
        begun.set(id, { id, code, person, untilMs: runtime.monotonicMs() + lifeMs, isTaken: false, tell }),
      )
      const [oldest] = settings()
      if (begun.size > mostBegun && oldest !== undefined) end(oldest)
      return { outcome: 'begun', code: new Secret(code), url: page, made }
    },

    vouch: async (code, { person: keyId, at, signature }) => {
      const setting = settings().find(each => each.code === code.reveal())
      const key = setting?.key
      if (setting === undefined || key === undefined || setting.person.keyId !== keyId) return { outcome: 'over' }
      if (!isNow(at)) return { outcome: 'bad-signature' }
      const outcome = await store.execute(async tx => {
        const person = liveOf(await people(tx, tenant), keyId)
        return person === undefined ? 'unknown-person' : keepPasskey(tx, tenant, person, key, { at, signature })
      })
      if (outcome !== 'bad-signature') end(setting)
      return { outcome: outcome === 'kept' ? 'enrolled' : outcome }
    },

    take: (code, origin) => {
      if (!takeFromAll(ofOne.bucketOf(origin), [tries, 'all'])) return { outcome: 'busy' }
      const setting = settings().find(each => each.code === code.reveal() && !each.isTaken)
      if (setting === undefined) return { outcome: 'wrong' }
      setting.isTaken = true
      return { outcome: 'taken', id: setting.id }
    },

    holder: id => byId(id)?.person,

    made: async (id, { response, challenge, site }) => {
      if (byId(id) === undefined) return { outcome: 'over' }
      const key = await runtime.offThread(madePasskey(response, challenge, site))
      if (key === undefined) return { outcome: 'refused' }
      const setting = byId(id)
      if (setting === undefined) return { outcome: 'over' }
      // Sent twice, the first one counts: it is what the command was told.
      if (setting.key === undefined) {
        setting.key = { ...key, origin: site.origin }
        setting.tell({ id: key.id, publicKey: key.publicKey, origin: site.origin })
      }
      return { outcome: 'made', digits: comparedDigits(setting.key) }
    },

    prove: async ({ response, challenge, site }) => {
      const read = assertionIn(response)
      const found = await store.read(tx => passkeysInUse(tx, tenant))
      const passkey = found.find(({ id, origin }) => id === read?.by.id && origin === site.origin)
      const person = passkey && (await known(passkey.person))
      if (read === undefined || passkey === undefined || person === undefined) return { outcome: 'refused' }
      const counter = await runtime.offThread(passkeySigned(response, challenge, site, passkey))
      if (counter === undefined) return { outcome: 'refused' }
      const at = now({ runtime })
      // A counter that stands still is a copy's, or an answer that was sent before. Those that never count say zero.
      const noted = await store.execute(tx =>
        tx.run(
          `UPDATE person_passkey SET counter = ?, used_at = ? WHERE tenant = ? AND id = ? AND removed_at IS NULL
           AND (counter < ? OR (counter = 0 AND ? = 0))`,
          ...[BigInt(counter), BigInt(at), tenant, passkey.id, BigInt(counter), BigInt(counter)],
        ),
      )
      return noted === 1n ? { outcome: 'proven', person, passkey: passkey.id, signature: read } : { outcome: 'refused' }
    },

    isInUse: (keyId, passkey) =>
      store.read(async tx => {
        if (liveOf(await people(tx, tenant), keyId) === undefined) return false
        return (await passkeysInUse(tx, tenant)).some(({ id, person }) => id === passkey && person === keyId)
      }),

    list: () =>
      store.read(async tx => {
        const everybody = await people(tx, tenant)
        return (await passkeysInUse(tx, tenant)).flatMap(({ publicKey: _, counter: __, ...each }) => {
          const holder = liveOf(everybody, each.person)
          return holder === undefined ? [] : [{ ...each, name: holder.name }]
        })
      }),

    letGo: async (id, { person: keyId, at, signature }) => {
      // Whoever gives the command is at this machine, and has its clock.
      if (!isNow(at) || at > now({ runtime })) return 'bad-signature'
      return store.execute(async tx => {
        const person = liveOf(await people(tx, tenant), keyId)
        return person === undefined ? 'unknown-person' : letPasskeyGo(tx, tenant, person, id, { at, signature })
      })
    },
  }
}
