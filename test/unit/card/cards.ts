/** Cards for tests: in software, issued to the cast's holder, with a store that can be looked into and made to fail. */
import { fromHex } from '../../../src/bytes.ts'
import type { CardIdentity } from '../../../src/card/apdu/identity.ts'
import { CardSession } from '../../../src/card/card-session.ts'
import { openerWith } from '../../../src/card/cose/hpke.ts'
import type { SigningAlgorithm } from '../../../src/card/cose/signing.ts'
import { issueCard } from '../../../src/card/issue-card.ts'
import type { CardStore } from '../../../src/card/soft/memory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import hpke3 from '../../fixtures/card/cose-hpke-3.json' with { type: 'json' }
import { askedAt, bank, card, holder, pin, puk, seeded } from './cast.ts'

const agreedKey = seeded(5)(32)
const issuerKey = fromHex(hpke3.public)
export const passwordKeys = { issuer: bank, open: openerWith(fromHex(hpke3.private)), agreedKey }
export const cardExpiresAt = askedAt + 1_000_000

export const newCard = {
  number: card,
  issuer: holder.issuer,
  account: holder.account,
  expiresAt: cardExpiresAt,
  issuerKey,
  agreedKey,
  pin,
  puk,
}

/** Keeps each memory that it is given. While `fails` it keeps nothing. */
export class TestStore implements CardStore {
  readonly kept: Uint8Array[] = []
  fails = false

  async load(): Promise<Uint8Array | undefined> {
    return this.kept.at(-1)
  }

  async save(memory: Uint8Array): Promise<void> {
    if (this.fails) throw new Error('the disk is full')
    this.kept.push(memory)
  }
}

export interface TestCard {
  readonly store: TestStore
  readonly element: SoftCard
  readonly session: CardSession
  readonly identity: CardIdentity
}

export async function issuedCard(algorithm: SigningAlgorithm = 'Ed25519', seed = 1): Promise<TestCard> {
  const store = new TestStore()
  const element = await SoftCard.insert(store, seeded(seed))
  const issued = await issueCard(element, { ...newCard, algorithm })
  if (issued.outcome !== 'issued') throw new Error(issued.outcome)
  const session = await sessionOf(element)
  return { store, element, session, identity: session.identity }
}

export async function sessionOf(element: SoftCard): Promise<CardSession> {
  const opened = await CardSession.open(element)
  if (opened.outcome !== 'ready') throw new Error(opened.outcome)
  return opened.session
}
