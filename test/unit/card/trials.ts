/** Orders put to a judge: a genuine one, and one for each way in which an order may be wrong, with the reason that is to be given. */
import { toHex } from '../../../src/bytes.ts'

import type { Judgement, judgeOrder, Presented } from '../../../src/card/judge.ts'
import type { Answer } from '../../../src/card/messages/answer.ts'
import type { CardNumber } from '../../../src/card/numbers.ts'
import type { Holder, OrderRequest, Payee } from '../../../src/card/order.ts'
import { encodeOrder } from '../../../src/card/order-bytes.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import type { AskedFor, CardRegister, RegisteredCard } from '../../../src/card/register.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import { money } from '../../../src/money.ts'
import type { Secret } from '../../../src/secret.ts'
import { issuedCard, passwordKeys, type TestCard } from './cards.ts'
import { account, asked, askedAt, bank, card, holder, institution, password, payee, pin, shop } from './cast.ts'

export const request = { ...asked, type: 'pay', payee, amount: money(1_200_000n) } as const satisfies OrderRequest

/** Books in memory, and how often a password was compared in them. */
export class Books implements CardRegister {
  readonly cards = new Map<CardNumber, RegisteredCard | 'elsewhere'>()
  readonly nonces = new Map<string, AskedFor>()
  readonly names = new Map<string, string>([[payee.account, payee.name]])
  readonly collectors = new Map<InstitutionId, string>([[shop, payee.account]])
  compared = 0
  busy = false

  async card(number: CardNumber) {
    return this.cards.get(number) ?? 'unknown'
  }

  async asked(receiver: InstitutionId, nonce: Uint8Array): Promise<AskedFor> {
    return this.nonces.get(`${receiver} ${toHex(nonce)}`) ?? { state: 'foreign' }
  }

  async payeeName({ account: number, bank: at }: Payee) {
    if (at !== payee.bank) return 'elsewhere'
    const name = this.names.get(number)
    return name === undefined ? 'unknown' : { name }
  }

  async mayCollect(receiver: InstitutionId, to: Payee) {
    return this.collectors.get(receiver) === to.account
  }

  ask(of: OrderRequest): void {
    this.nonces.set(`${of.receiver} ${toHex(of.nonce)}`, { state: 'open', request: of })
  }

  judge(right = password) {
    return {
      keys: passwordKeys,
      compare: async (_card: CardNumber, tried: Secret) => {
        this.compared++
        if (this.busy) return 'undecided' as const
        return tried.reveal() === right.reveal() ? ('right' as const) : ('wrong' as const)
      },
    }
  }

  /** What an institution does in the transaction of the posting. */
  use({ usesUp }: Judgement & { readonly outcome: 'genuine' }): void {
    const known = this.cards.get(usesUp.card)
    if (known !== undefined && known !== 'elsewhere') this.cards.set(usesUp.card, { ...known, counter: usesUp.counter })
    this.nonces.set(`${usesUp.receiver} ${toHex(usesUp.nonce)}`, { state: 'used' })
  }
}

export function booksFor({ identity }: TestCard): Books {
  const books = new Books()
  const { issuer, account: number, key, expiresAt } = identity
  books.cards.set(card, { issuer, account: number, key, expiresAt, state: 'active', counter: 0 })
  books.ask(request)
  return books
}

/** Signs whatever bytes a terminal hands to the card, honest or not. */
export async function signedAnswer({ session }: TestCard, of: OrderRequest, as: Holder = holder): Promise<Answer> {
  const bytes = encodeOrder({ ...of, ...as })
  const signed = await session.sign({ bytes, shown: session.prepare(of).shown }, pin, password, 'agreed')
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  return { ...signed.answer, card: as.card, account: as.account }
}

export async function presentedOf(
  test: TestCard,
  books: Books,
  of: OrderRequest = request,
  as = holder,
): Promise<Presented> {
  const answer = await signedAnswer(test, of, as)
  const message = rebuildSigned(of, answer, as.issuer)
  return { message, receiver: shop, now: askedAt + 20, password: { sealed: answer.password, judge: books.judge() } }
}

export interface Trial {
  readonly name: string
  readonly expected: string
  run(judge: typeof judgeOrder): Promise<Judgement>
}

export function verdictOf(judgement: Judgement): string {
  if (judgement.outcome !== 'refused') return judgement.outcome
  return judgement.reason === 'changed-field' ? `changed-field ${judgement.field}` : judgement.reason
}

type Change = (books: Books, presented: Presented) => Presented | undefined

/** Fresh books and a fresh card for each, changed in one way. */
export async function trials(): Promise<readonly Trial[]> {
  const test = await issuedCard()
  const other = await issuedCard('Ed25519', 77)
  const trial = async (
    name: string,
    expected: string,
    of: OrderRequest,
    change: Change,
    as = holder,
    by = test,
  ): Promise<Trial> => {
    const presented = await presentedOf(by, booksFor(test), of, as)
    return {
      name,
      expected,
      run: judge => {
        const books = booksFor(test)
        const compare = presented.password && { sealed: presented.password.sealed, judge: books.judge() }
        const put = { ...presented, ...(compare && { password: compare }) }
        return judge(change(books, put) ?? put, books)
      },
    }
  }
  const registered = (books: Books, change: Partial<RegisteredCard>) => {
    const known = books.cards.get(card)
    if (known !== undefined && known !== 'elsewhere') books.cards.set(card, { ...known, ...change })
    return undefined
  }
  const set =
    (state: AskedFor): Change =>
    books => {
      books.nonces.set(`${shop} ${toHex(request.nonce)}`, state)
      return undefined
    }
  const elsewhere = { ...request, payee: { ...payee, bank: institution('lantern') } }
  const wrongName = { ...request, payee: { ...payee, name: 'Lotus Bookz' } }
  const nobody = { ...request, payee: { ...payee, account: account('55555') } }
  const open: AskedFor = { state: 'open' }
  const moved = await presentedOf(test, booksFor(test), { ...request, nonce: new Uint8Array(8) })

  return [
    await trial('a genuine order', 'genuine', request, () => undefined),
    await trial('one whose issuer alone knows the card', 'plausible', request, books => {
      books.cards.set(card, 'elsewhere')
      return undefined
    }),
    await trial('a payee at another bank, which knows its name', 'genuine', elsewhere, set(open)),
    await trial('a password that cannot be compared now', 'undecided', request, books => {
      books.busy = true
      return undefined
    }),
    await trial('a truncated message', 'unreadable', request, (_, put) => ({
      ...put,
      message: put.message.slice(0, -1),
    })),
    await trial('noise', 'unreadable', request, (_, put) => ({
      ...put,
      message: put.message.map(byte => byte ^ 0x5a),
    })),
    await trial('an order for another receiver', 'other-receiver', request, (_, put) => ({ ...put, receiver: bank })),
    await trial('a nonce that nobody asked with', 'foreign-nonce', request, set({ state: 'foreign' })),
    await trial('a nonce that was used', 'used-nonce', request, set({ state: 'used' })),
    await trial(
      'another amount than was asked for',
      'changed-field amount',
      request,
      set({ state: 'open', request: { ...request, amount: money(1n) } }),
    ),
    await trial(
      'another payee than was asked for',
      'changed-field payee',
      request,
      set({ state: 'open', request: wrongName }),
    ),
    await trial(
      'another type than was asked for',
      'changed-field type',
      request,
      set({ state: 'open', request: { ...asked, type: 'sign-in' } }),
    ),
    await trial('an answer a second late', 'late', request, (_, put) => ({ ...put, now: request.expiresAt + 1 })),
    await trial('an answer before it was asked', 'early', request, (_, put) => ({ ...put, now: askedAt - 61 })),
    await trial('a card that nobody issued', 'unknown-card', request, books => {
      books.cards.clear()
      return undefined
    }),
    await trial('a counter that was used', 'old-counter', request, books => registered(books, { counter: 1_000 })),
    await trial('another card’s signature', 'bad-signature', request, () => undefined, holder, other),
    await trial('another account than the card’s', 'changed-field account', request, () => undefined, {
      ...holder,
      account: account('0098765432'),
    }),
    await trial('another issuer than the card’s', 'changed-field issuer', request, () => undefined, {
      ...holder,
      issuer: payee.bank,
    }),
    await trial('a card that its holder blocked', 'blocked', request, books => registered(books, { state: 'blocked' })),
    await trial('a card that was revoked', 'revoked', request, books => registered(books, { state: 'revoked' })),
    await trial('a card that expired', 'expired', request, books => registered(books, { expiresAt: askedAt })),
    await trial('a payee who has no account', 'unknown-payee', nobody, set(open)),
    await trial('a name that is not the payee’s', 'payee-name', wrongName, set(open)),
    await trial('a payee whom the receiver may not collect for', 'not-its-payee', request, books => {
      books.collectors.set(shop, 'another')
      return undefined
    }),
    await trial('a password that was sealed with another order', 'password-unopenable', request, (books, put) => {
      const sealed = moved.password?.sealed
      return sealed && { ...put, password: { sealed, judge: books.judge() } }
    }),
    await trial('a wrong personal password', 'wrong-password', request, (books, put) => {
      const { sealed } = put.password ?? expectPassword()
      return { ...put, password: { sealed, judge: books.judge(pin) } }
    }),
  ]
}

function expectPassword(): never {
  throw new Error('a trial without a password')
}
