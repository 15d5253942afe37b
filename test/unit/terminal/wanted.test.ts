/** What a holder wants at a securities firm, and what the firm then asks the card to sign: anything else is not signed. */
import { describe, expect, it } from 'vitest'
import { errandOf, parseWanted } from '../../../bin/firm-errands.ts'
import type { DirectoryInstitution } from '../../../src/card/directory.ts'
import type { Matter } from '../../../src/card/order.ts'
import { encodeOrder } from '../../../src/card/order-bytes.ts'
import { showOrder } from '../../../src/card/shown.ts'
import { yuan } from '../../../src/money.ts'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import { isWanted } from '../../../src/terminal/wanted.ts'
import { silk, tea } from '../../support/securities.ts'
import { asked, holder, institution, institutionNumber, payee } from '../card/cast.ts'

const nobodyListed = { payee: () => undefined }
const firm: DirectoryInstitution = {
  ...{ number: institutionNumber(7_001), id: asked.receiver, name: 'Pine Securities' },
  ...{ answerKey: new Uint8Array(32), answerKeyId: 1, collectsAt: payee },
}
const home = { bank: institution('harbour'), account: holder.account }
const shares = (minor: bigint, code: string = tea) => ({ minor, asset: { code, scale: 0 } })
const buy: Matter = { type: 'trade', side: 'buy', quantity: shares(20n) }
const fund: Matter = { type: 'fund', direction: 'in', payee, amount: yuan(500n) }

/** Whether the terminal has the card sign this matter for whoever has typed that: before it is shown, and when it is. */
function isSigned(text: string, matter: Matter): boolean {
  const { wish, isWanted: isShownWanted } = errandOf(parseWanted(text), firm, home)
  const request = { ...asked, ...matter }
  const shown = showOrder(encodeOrder({ ...request, ...holder }))
  const isAsWished = isWanted(request, { directory: nobodyListed, ...(wish && { wish }) })
  return isAsWished && isShownWanted(shown)
}

describe('what was typed is signed', () => {
  it.each<[string, Matter]>([
    ['buy 101 20', buy],
    [`buy 101=${tea} 20`, buy],
    ['sell 102 7 9.50', { ...buy, side: 'sell', quantity: shares(7n, silk), limit: { ...yuan(0n), minor: 950n } }],
    ['bring-in 500', fund],
    ['take-home 1', { ...fund, direction: 'out', payee: { ...home, name: 'Zhang Wei' }, amount: yuan(1n) }],
  ])('%s', (text, matter) => {
    expect(isSigned(text, matter)).toBe(true)
  })
})

describe('what differs from it in one thing is not', () => {
  it.each<[string, string, Matter]>([
    ['buy 101 20', 'it sells', { ...buy, side: 'sell' }],
    ['buy 101 20', 'more', { ...buy, quantity: shares(21n) }],
    ['buy 101 20', 'a limit that nobody set', { ...buy, limit: yuan(9n) }],
    ['buy 101 20 9', 'no limit', buy],
    ['buy 101 20 9', 'another limit', { ...buy, limit: yuan(10n) }],
    [`buy 101=${tea} 20`, 'another security', { ...buy, quantity: shares(20n, silk) }],
    [`buy 101=${tea} 20 9`, 'another limit', { ...buy, limit: yuan(10n) }],
    ['buy 101 20', 'a payment', fund],
    ['bring-in 500', 'another amount', { ...fund, amount: yuan(501n) }],
    ['bring-in 500', 'it goes out', { ...fund, direction: 'out' }],
    ['bring-in 500', 'to somebody else', { ...fund, payee: { ...payee, account: holder.account } }],
    ['take-home 500', 'to somebody else', { ...fund, direction: 'out' }],
    ['bring-in 500', 'another type', { ...fund, type: 'transfer' }],
  ])('%s: %s', (text, _, matter) => {
    expect(isSigned(text, matter)).toBe(false)
  })
})

it('with its ISIN an order is compared before anything is shown, as it is where only digits come', () => {
  const { wish } = errandOf(parseWanted(`buy 101=${tea} 20 9`), firm, home)
  const isAsWished = (matter: Matter) =>
    isWanted({ ...asked, ...matter }, { directory: nobodyListed, ...(wish && { wish }) })
  const order: Matter = { ...buy, limit: yuan(9n) }
  expect(isAsWished(order)).toBe(true)
  const others: Matter[] = [
    { ...order, side: 'sell' },
    { ...order, quantity: shares(21n) },
    { ...order, quantity: shares(20n, silk) },
    { ...order, limit: yuan(10n) },
    buy,
  ]
  for (const other of others) expect(isAsWished(other)).toBe(false)
})

it('says in one sentence what it cannot read', () => {
  for (const text of ['', 'hold 101 20', 'buy 1 20', 'buy 101 20 9 now', 'bring-in 5 6', 'buy', 'buy 101=TEA 5'])
    expect(() => parseWanted(text), text).toThrow(CannotDo)
  expect(() => parseWanted('buy 101')).toThrow('nothing is no number of shares')
  expect(() => parseWanted('buy 101 0')).toThrow('0 is no number of shares')
  expect(() => parseWanted('sell 101 5 ten')).toThrow('ten is no amount: write 250 or 12.50')
  expect(() => parseWanted('take-home 0')).toThrow('nothing is no amount')
  expect(() => parseWanted('buy 101=CNE100000TE8 5')).toThrow('CNE100000TE8 is no ISIN')
  expect(() => parseWanted('short 101 20')).toThrow('"short 101 20" is nothing that is done at a firm')
})
