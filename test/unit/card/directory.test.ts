/** The signed directory: believed only from the bank that gave out the terminal. */
import { expect, test } from 'vitest'
import { encodeSign1 } from '../../../src/card/cose/sign1.ts'
import { makeSigningKey, sign } from '../../../src/card/cose/signing.ts'
import { Directory, type DirectoryContent, directoryToSign } from '../../../src/card/directory.ts'
import type { InstitutionNumber } from '../../../src/card/numbers.ts'
import { account, bank, bankNumber, institution, payee, seeded, shop } from './cast.ts'

const random = seeded(11)
const content: DirectoryContent = {
  version: 1,
  madeAt: 1_795_000_000,
  institutions: [{ number: bankNumber, id: bank, name: 'Harbour Bank', answerKey: random(32), answerKeyId: 4 }],
  payees: [payee],
}

async function signed(of: DirectoryContent) {
  const key = await makeSigningKey('Ed25519', random)
  const { payload, toBeSigned } = directoryToSign(of)
  return { key, message: encodeSign1('Ed25519', payload, await sign(key, toBeSigned)) }
}

test('says who is who by number, and what a payee is called', async () => {
  const { key, message } = await signed(content)
  const directory = await Directory.read(key, message)
  expect(directory?.madeAt).toBe(content.madeAt)
  expect(directory?.institutionNumbered(17)?.id).toBe(bank)
  expect(directory?.institution(bank)).toEqual(content.institutions[0])
  expect(directory?.payee(payee.bank, payee.account)).toEqual(payee)
  expect(directory?.institutionNumbered(18)).toBeUndefined()
  expect(directory?.institution(shop)).toBeUndefined()
  expect(directory?.payee(institution('harbour'), payee.account)).toBeUndefined()
  expect(directory?.payee(payee.bank, account('9999'))).toBeUndefined()
})

test('is not believed from another signer, changed, or with what is no directory in it', async () => {
  const { key, message } = await signed(content)
  const other = await makeSigningKey('Ed25519', random)
  expect(await Directory.read(other, message)).toBeUndefined()
  const changed = message.slice()
  changed[60] = (changed[60] ?? 0) ^ 1
  expect(await Directory.read(key, changed)).toBeUndefined()
  const nameless = await signed({ ...content, payees: [{ ...payee, name: 'a\nb' }] })
  expect(await Directory.read(nameless.key, nameless.message)).toBeUndefined()
  // Five digits: no institution's number, as whoever wrote this directory did not know.
  const number = 10_000 as InstitutionNumber
  const institutions = content.institutions.map(each => ({ ...each, number }))
  const numberless = await signed({ ...content, institutions })
  expect(await Directory.read(numberless.key, numberless.message)).toBeUndefined()
})
