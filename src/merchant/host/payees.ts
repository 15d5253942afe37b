/**
 * The payees of a running host, each put together once, when it is first needed: its register and its chain are in the host's
 * books, its letters are the host's.
 */
import type { InstitutionId } from '../../ids.ts'
import type { Premises } from '../../institution/premises.ts'
import { HashPool } from '../../keys/hash-pool.ts'
import type { Mail, Troubled } from '../../mail/mail.ts'
import type { Runtime } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
import { merchantConfig } from '../config.ts'
import { desk } from '../desk.ts'
import { type FrontDoor, frontDoor } from '../front-door.ts'
import type { Merchant } from '../merchant.ts'
import { type OpenShop, openShop } from '../open-shop.ts'
import type { HostConfig } from './config.ts'
import { type HostedPayee, hostedBy } from './hosted.ts'

export interface OpenPayee extends OpenShop {
  readonly who: HostedPayee
  readonly desk: Merchant
}

interface Parts {
  readonly premises: Premises
  readonly config: HostConfig
  readonly runtime: Runtime
  readonly room: { readonly mail?: Mail; readonly dayEnd?: { wake(): void } }
  readonly troubled: Troubled
}

export class Payees {
  readonly #parts: Parts
  readonly #door: FrontDoor
  readonly #pool: HashPool
  readonly #open = new Map<InstitutionId, OpenPayee>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#door = frontDoor(parts)
    this.#pool = new HashPool(parts.runtime, parts.config.hashing)
  }

  /** Those that were needed so far: after the start all there are. */
  get all(): readonly OpenPayee[] {
    return [...this.#open.values()]
  }

  /** The row is there, or is being written by the command that asks. */
  open(who: HostedPayee): OpenPayee {
    const known = this.#open.get(who.payee)
    if (known !== undefined) return known
    const { premises, config, ...rest } = this.#parts
    const { payeeNumbers: _, ...asPayee } = config
    const shop = openShop(premises, {
      ...rest,
      config: merchantConfig.parse({ ...asPayee, id: who.payee, name: who.name }),
      ...{ house: config.id, hosted: who.payee, chain: who.payee, pool: this.#pool },
      wakeHost: () => this.#parts.room.dayEnd?.wake(),
    })
    const opened = { ...shop, who, desk: desk(shop.shop, this.#door) }
    this.#open.set(who.payee, opened)
    return opened
  }

  /** @throws Error when nobody found it before */
  opened(payee: InstitutionId): OpenPayee {
    const found = this.#open.get(payee)
    if (found === undefined) throw new Error(`${payee} is not a payee of this host`)
    return found
  }

  /** @throws Error when nobody found it before */
  at(payee: InstitutionId): Merchant {
    return this.opened(payee).desk
  }

  /** There may be letters to send. */
  wakeMail(): void {
    this.#parts.room.mail?.wake()
  }

  /** Of whom a bank writes, if it sells for that one. */
  async of(
    tx: ReadTx,
    bank: InstitutionId,
    payee: InstitutionId | undefined,
  ): Promise<(OpenPayee & { readonly isClosed: boolean }) | undefined> {
    const who = payee && (await hostedBy(tx, this.#parts.config.id, 'payee', payee))
    const sells =
      who &&
      (await tx.one(
        'SELECT payee FROM payee_bank WHERE tenant = ? AND bank = ? AND payee = ?',
        ...[this.#parts.config.id, bank, who.payee],
      ))
    return sells === undefined
      ? undefined
      : { ...this.open(who as HostedPayee), isClosed: (who as HostedPayee).isClosed }
  }
}
