/** Keys the way through a securities firm's line, as a caller may: to the sign-in by card, and once signed in to what the card is to sign next. */
import type { Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import { english, keyedAmount, openingMs, pace } from './keyed.ts'
import type { Sent, TerminalLine } from './line.ts'

/** What a customer does at the firm. */
export type AtFirm =
  /** `security`: its three digits at this firm. */
  | { readonly do: 'buy' | 'sell'; readonly security: string; readonly shares: bigint; readonly limit?: Money }
  | { readonly do: 'bring-in' | 'take-home'; readonly amount: Money }

type Sleeping = Pick<Runtime, 'sleep'>

/** What a customer is told there, and nothing is signed for. */
export type ToldAtFirm = 'holdings' | 'prices'

const signIn = '1'
const told = { holdings: '1', prices: '2' } as const
const menu = { buy: '3', sell: '4', 'bring-in': '6', 'take-home': '7' } as const
/** Answers to: at the price of now, or with a limit? */
const [atMarket, withLimit] = ['1', '2']

export async function keysOfSignIn(line: TerminalLine, runtime: Sleeping): Promise<Sent> {
  await runtime.sleep(openingMs)
  return line.keys(`${english}${signIn}`, pace)
}

/** After the firm has told what became of the sign-in. */
export async function keysAtFirm(line: TerminalLine, runtime: Sleeping, wanted: AtFirm): Promise<Sent> {
  await runtime.sleep(openingMs)
  return line.keys(menu[wanted.do] + rest(wanted), pace)
}

export async function keysOfTold(line: TerminalLine, runtime: Sleeping, what: ToldAtFirm): Promise<Sent> {
  await runtime.sleep(openingMs)
  return line.keys(told[what], pace)
}

function rest(wanted: AtFirm): string {
  if ('amount' in wanted) return `${keyedAmount(wanted.amount)}#`
  const { security, shares, limit } = wanted
  return `${security}${shares}#${limit === undefined ? atMarket : `${withLimit}${keyedAmount(limit)}#`}`
}
