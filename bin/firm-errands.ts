/** What a terminal phones a securities firm for: signs its holder in, then does one thing after the other, each signed by the card. */
import type { Keyed } from '../src/card/complete.ts'
import type { DirectoryInstitution } from '../src/card/directory.ts'
import { type Isin, parseIsin } from '../src/card/numbers.ts'
import type { Shown } from '../src/card/shown.ts'
import { type Asset, CNY, formatMoney, type Money, money } from '../src/money.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { systemRuntime } from '../src/runtime.ts'
import { type AtFirm, keysAtFirm, keysOfSignIn, keysOfTold, type ToldAtFirm } from '../src/terminal/securities-line.ts'
import { minorUnits } from './amounts.ts'
import type { Errand, Holder, Question } from './errand.ts'
import type { Typist } from './typist.ts'

const examples =
  '"buy 101 20", "sell 101 20 9.50" with a limit, "bring-in 500" or "take-home 500"; "holdings" or "prices" to hear them'

/** `wanted`: one thing after the other; where there is none, they are asked for until nothing is typed. */
export async function* errandsAtFirm(
  firm: DirectoryInstitution,
  holder: Holder,
  wanted: readonly string[],
  typist: Typist,
): AsyncGenerator<Errand | Question> {
  // Before anything is dialled: who mistypes the last of them has not done the first.
  const given = wanted.map(text => typed(text, firm, holder))
  yield signIn
  yield* given
  if (given.length > 0) return
  for (;;) {
    const text = (await typist.ask(`What now? ${examples}; nothing hangs up: `)).trim()
    if (text === '') return
    try {
      yield typed(text, firm, holder)
    } catch (error) {
      if (!(error instanceof CannotDo)) throw error
      process.stdout.write(`${error.message}\n`)
    }
  }
}

function typed(text: string, firm: DirectoryInstitution, holder: Holder): Errand | Question {
  const what = text.trim()
  return what === 'holdings' || what === 'prices' ? heard(what) : errandOf(parseWanted(what), firm, holder)
}

function heard(what: ToldAtFirm): Question {
  return { keys: line => keysOfTold(line, systemRuntime, what), keyed: `The question for ${what} is` }
}

const signIn: Errand = {
  keys: line => keysOfSignIn(line, systemRuntime),
  keyed: 'The way to the sign-in is',
  isWanted: ({ type }) => type === 'sign-in',
  wish: { type: 'sign-in' },
  done: () => 'Signed in.',
}

export interface Order {
  readonly wanted: AtFirm
  /** Of what is bought or sold, where the holder says it. */
  readonly isin?: Isin
}

/** @throws CannotDo */
export function parseWanted(text: string): Order {
  const [what = '', first = '', count = '', limit, ...rest] = text.trim().split(/\s+/)
  const nonsense = new CannotDo(`"${text}" is nothing that is done at a firm: write ${examples}`)
  if (what === 'bring-in' || what === 'take-home') {
    if (count !== '') throw nonsense
    return { wanted: { do: what, amount: yuan(first) } }
  }
  const [, security, letters] = /^(\d{3})(?:=(\w+))?$/.exec(first) ?? []
  if ((what !== 'buy' && what !== 'sell') || security === undefined || rest.length > 0) throw nonsense
  if (!/^[1-9]\d{0,8}$/.test(count)) throw new CannotDo(`${count || 'nothing'} is no number of shares`)
  const isin = letters === undefined ? undefined : parseIsin(letters)
  if (letters !== undefined && isin === undefined) throw new CannotDo(`${letters} is no ISIN`)
  const order = { do: what, security, shares: BigInt(count) } as const
  return { wanted: { ...order, ...(limit !== undefined && { limit: yuan(limit) }) }, ...(isin && { isin }) }
}

function yuan(text: string): Money {
  const minor = minorUnits(text, CNY)
  if (minor === 0n) throw new CannotDo('nothing is no amount')
  return money(minor)
}

export function errandOf({ wanted, isin }: Order, firm: DirectoryInstitution, holder: Holder): Errand {
  const keys: Errand['keys'] = line => keysAtFirm(line, systemRuntime, wanted)
  if ('amount' in wanted) {
    const { amount } = wanted
    const direction = wanted.do === 'bring-in' ? 'in' : 'out'
    const payee = direction === 'in' ? firm.collectsAt : holder
    const wish: Keyed | undefined = payee && { type: 'fund', direction, payee, amount }
    return {
      ...{ keys, keyed: 'The amount is', isWanted: shown => isFunding(shown, direction, amount) },
      ...(wish && { wish }),
    }
  }
  const { do: side, shares, limit } = wanted
  return {
    ...{ keys, keyed: 'The order is', isWanted: shown => isTrade(shown, wanted, isin) },
    // Only who says the ISIN can have it compared, or have the order put together at the terminal, as digits need it.
    ...(isin && {
      wish: { type: 'trade', side, quantity: { minor: shares, asset: sharesOf(isin) }, ...(limit && { limit }) },
    }),
    done: number => `Order ${number} is taken: the line says at which price it is executed, or until when it waits.`,
  }
}

const sharesOf = (isin: Isin): Asset => ({ code: isin, scale: 0 })

function isFunding({ type, way, amount: shown }: Shown, direction: 'in' | 'out', amount: Money): boolean {
  return type === 'fund' && way === direction && shown === formatMoney(amount)
}

/** Which security it is, its holder reads and says with the PIN, where they have not said it before. */
function isTrade(
  { type, way, amount, limit: shownLimit }: Shown,
  { do: side, shares, limit }: Extract<AtFirm, { readonly security: string }>,
  isin: Isin | undefined,
): boolean {
  if (type !== 'trade' || way !== side || shownLimit !== (limit && formatMoney(limit))) return false
  const [count, letters] = (amount ?? '').split(' ')
  return count === String(shares) && (isin === undefined || letters === isin)
}
