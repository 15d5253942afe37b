/** A challenge in digits and what is keyed make the request that the receiver has too, or the terminal says what is missing. */
import { describe, expect, test } from 'vitest'
import { completeChallenge, type Keyed } from '../../../src/card/complete.ts'
import { encodeSign1 } from '../../../src/card/cose/sign1.ts'
import { makeSigningKey, sign } from '../../../src/card/cose/signing.ts'
import { Directory, type DirectoryContent, directoryToSign } from '../../../src/card/directory.ts'
import { type Challenge, encodeChallenge, parseChallenge } from '../../../src/card/messages/challenge.ts'
import { encodeOrder } from '../../../src/card/order-bytes.ts'
import { yuan } from '../../../src/money.ts'
import { account, asked, bank, bankNumber, holder, institutionNumber, matters, payee, seeded, shop } from './cast.ts'

const random = seeded(12)
const shopNumber = institutionNumber(801)
const at = { bank: payee.bank, account: payee.account }
const keys = { answerKey: random(32), answerKeyId: 1 }
const content: DirectoryContent = {
  version: 1,
  madeAt: 1_795_000_000,
  institutions: [
    { number: bankNumber, id: bank, name: 'Harbour Bank', ...keys },
    { number: shopNumber, id: shop, name: 'Bookshop', ...keys, collectsAt: at },
  ],
  payees: [payee],
}
const signer = await makeSigningKey('Ed25519', random)
const { payload, toBeSigned } = directoryToSign(content)
const directory = await Directory.read(signer, encodeSign1('Ed25519', payload, await sign(signer, toBeSigned)))
if (directory === undefined) throw new Error('the directory is not believed')

/** As it comes out of the line. */
function heard(challenge: Challenge): Challenge {
  const parsed = parseChallenge(encodeChallenge(challenge))
  if (parsed === undefined) throw new Error('no challenge')
  return parsed
}

test.each(matters)('both ends put the same order to $type together', matter => {
  const hasAmount = 'amount' in matter
  const keyed = (hasAmount && matter.type !== 'pay' ? { ...matter, payee: at } : matter) as Keyed
  const challenge = heard({ ...asked, type: matter.type, receiver: shopNumber })
  const completed = completeChallenge(directory, challenge, keyed)
  if (completed.outcome !== 'complete') throw new Error(completed.outcome)
  expect(encodeOrder({ ...completed.request, ...holder })).toEqual(encodeOrder({ ...asked, ...matter, ...holder }))
})

test('an amount that the receiver sets is the one that counts', () => {
  const challenge = heard({ ...asked, type: 'pay', receiver: shopNumber, amount: yuan(80n) })
  const completed = completeChallenge(directory, challenge, { type: 'pay', amount: yuan(1n) })
  expect(completed).toMatchObject({ outcome: 'complete', request: { payee, amount: yuan(80n) } })
})

describe('refused is', () => {
  const transfer = { type: 'transfer', payee: at, amount: yuan(5n) } as const
  test.each<[string, Partial<Challenge>, Keyed]>([
    ['unknown-receiver', { receiver: institutionNumber(802) }, transfer],
    ['other-type', { type: 'pay' }, transfer],
    ['unlisted-payee', {}, { ...transfer, payee: { ...at, account: account('9999') } }],
    ['unlisted-payee', { type: 'pay', receiver: bankNumber }, { type: 'pay', amount: yuan(5n) }],
    ['amount-needed', {}, { type: 'transfer', payee: at }],
  ])('%s', (outcome, change, keyed) => {
    const challenge = heard({ ...asked, type: 'transfer', receiver: shopNumber, ...change })
    expect(completeChallenge(directory, challenge, keyed)).toEqual({ outcome })
  })
})
