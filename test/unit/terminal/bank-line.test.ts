/** What a terminal keys ahead to the bank's line. */
import { expect, it } from 'vitest'
import { type Money, money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { keysOfLargePayment } from '../../../src/terminal/bank-line.ts'
import type { TerminalLine } from '../../../src/terminal/line.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { account } from '../card/cast.ts'

const [from, to] = [account('1234'), account('8765')]

async function keyed(amount: Money): Promise<string> {
  const runtime = new VirtualRuntime()
  let digits = ''
  const line = {
    keys: async (each: string) => {
      digits += each
      return 'sent' as const
    },
  } as Partial<TerminalLine> as TerminalLine
  await runtime.run(() => keysOfLargePayment(line, runtime, { account: from, pin: new Secret('605938'), to, amount }))
  return digits
}

it.each([
  [yuan(1_200n), '1200#'],
  [money(1_250n), '12*50#'],
  [money(5n), '0*05#'],
])('language, account, PIN, menu 6, payee and amount: %o', async (amount, keys) => {
  expect(await keyed(amount)).toBe(`1${from}#6059386${to}#${keys}`)
})
