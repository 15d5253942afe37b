/**
 * Redeeming a voucher for a shop's program: what was asked before is answered as it was, without a password; anything new
 * proves number and password first. The same id asked for many times at once is decided once, and the others wait for it.
 */
import type { VoucherNumber } from '../../ids.ts'
import { isPayable } from '../../money.ts'
import { before, type IntendedRequest, type IntentReused, once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Merchant } from '../merchant.ts'
import type { OpenSession } from '../sessions.ts'
import type { Shop } from '../shop.ts'
import { expectLive } from './api-keys.ts'
import type { ApiKey, NotOpened, Redemption } from './till.ts'

/** On whose behalf: this program's, for this voucher. */
export const principalOf = (key: ApiKey, voucher: VoucherNumber): string => `api ${key.id} ${voucher}`

type Decided<O> = O | IntentReused | NotOpened | { readonly outcome: 'refused-amount' }

export class Redeeming {
  readonly #shop: Shop
  readonly #openVoucher: Merchant['openVoucher']
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(shop: Shop, openVoucher: Merchant['openVoucher']) {
    this.#shop = shop
    this.#openVoucher = openVoucher
  }

  /**
   * `decide` runs in the command that notes its outcome for ever; undefined: the voucher was closed meanwhile, and nothing is noted.
   * `known` looks for what was decided in books that were lost.
   */
  async redeem<O>(
    kind: string,
    request: Redemption,
    more: Readonly<Record<string, string | number>>,
    decide: (tx: Tx, session: OpenSession) => Promise<O | undefined>,
    known?: (tx: ReadTx, intended: IntendedRequest) => Promise<O | IntentReused | undefined>,
  ): Promise<Decided<O>> {
    const { config } = this.#shop
    const { key, number, intent: id, amount, order = null } = request
    if (!isPayable(amount, config.currency)) return { outcome: 'refused-amount' }
    const { minor, asset } = amount
    const intended: IntendedRequest = {
      tenant: config.id,
      principal: principalOf(key, number),
      id,
      kind,
      request: { minor, asset: asset.code, scale: asset.scale, order, ...more },
    }
    const asked = async (tx: ReadTx) => (await known?.(tx, intended)) ?? before<O>(tx, intended)
    return this.#oneAtATime(`${intended.principal} ${id}`, () => this.#redeem(intended, request, decide, asked))
  }

  async #redeem<O>(
    intended: IntendedRequest,
    { key, number, password }: Redemption,
    decide: (tx: Tx, session: OpenSession) => Promise<O | undefined>,
    asked: (tx: ReadTx) => Promise<O | IntentReused | undefined>,
  ): Promise<Decided<O>> {
    const { store, sessions } = this.#shop
    const answered = await store.read(asked)
    if (answered !== undefined) return answered
    const opening = await this.#openVoucher({ number, password, origin: { channel: 'shop', key: key.id } })
    if (opening.outcome !== 'open') return opening
    const session = sessions.find(opening.session)
    if (session === undefined) return { outcome: 'refused' }
    try {
      return await store.execute(async tx => {
        const closed: { outcome: 'refused' } = { outcome: 'refused' }
        const decided = await asked(tx)
        if (decided !== undefined) return decided
        await expectLive(tx, intended.tenant, key)
        const outcome = await decide(tx, session)
        if (outcome === undefined) return closed
        return once<O>(tx, intended, async () => outcome)
      })
    } finally {
      sessions.end(opening.session)
    }
  }

  async #oneAtATime<O>(name: string, work: () => Promise<O>): Promise<O> {
    for (let other = this.#underWay.get(name); other !== undefined; other = this.#underWay.get(name)) {
      await other.catch(() => {})
    }
    const mine = work()
    this.#underWay.set(name, mine)
    try {
      return await mine
    } finally {
      this.#underWay.delete(name)
    }
  }
}
