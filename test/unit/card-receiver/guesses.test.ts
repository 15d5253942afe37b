/**
 * Who forwards what a card signed has the bank's public key as well, and could seal any password to it: of each signature the bank
 * compares one wrong password at most, so that nobody guesses between the card's own answers.
 */
import { expect, test } from 'vitest'
import { joined } from '../../../src/bytes.ts'
import { encodeSign1, parseSign1 } from '../../../src/card/cose/sign1.ts'
import { type SealedPassword, sealPasswordTo } from '../../../src/card/personal-password.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import { Secret } from '../../../src/secret.ts'
import { customerOf } from '../../support/brokers-customer.ts'
import { issuedTo, signedBy } from '../../support/cards.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { openBroker } from '../../support/securities.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const harbour = institutionId('harbour')

test.each(['Ed25519', 'P-256'] as const)('a firm has one guess for each signature of a card with %s', algorithm => {
  const runtime = new VirtualRuntime({ seed: 917 })
  return runtime.run(async () => {
    const { house, world, card, ...broker } = await openBroker(runtime)
    const { cai } = world.customers
    const held =
      algorithm === 'Ed25519'
        ? card
        : await issuedTo(world.harbour, runtime, world.staff, { account: cai.account, algorithm })
    const { firm } = house.running
    const asked = await house.running.securities.askSignIn(intentId('a'))
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    const answer = await signedBy(runtime, held, asked.request)
    const message = rebuildSigned(asked.request, answer, harbour)
    const vouch = (password: SealedPassword, signed = message) =>
      firm.mail.ask(harbour, 'card-holder', { message: signed, password }, 8_000)
    const guess = async (digits: string, signed?: Uint8Array) => {
      const to = { issuer: harbour, issuerKey: held.answerKey }
      const sealing = sealPasswordTo(
        length => runtime.random(length),
        to,
        new Secret(digits),
        parseSign1(message).payload,
      )
      return vouch(await runtime.work(sealing), signed)
    }
    // What its holder keyed is right, and gives all tries back: a guess in between is one of three for each such answer.
    expect(await vouch(answer.password)).toMatchObject({ outcome: 'found', account: cai.account })
    const refused = { outcome: 'refused', reason: 'wrong-password', triesLeft: 2 }
    expect(await guess('55667788')).toEqual(refused)
    expect(await guess('66778899')).toEqual(refused)
    expect(await guess(held.password.reveal())).toEqual(refused)
    expect(await vouch(answer.password)).toEqual(refused)
    if (algorithm === 'P-256') expect(await guess('77889911', otherForm(message))).toEqual(refused)
    // The card itself goes on.
    const customer = customerOf({ house, world, card: held, ...broker }, runtime)
    expect(await customer.signIn('b', held)).toMatchObject({ outcome: 'signed-in' })
    await house.close()
    await world.close()
  })
})

/** r and n − s instead of r and s: as good a signature of ECDSA, which anybody can compute. */
function otherForm(message: Uint8Array): Uint8Array {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const { payload, signature } = parseSign1(message)
  const s = BigInt(`0x${Buffer.from(signature.slice(32)).toString('hex')}`)
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
  return encodeSign1('P-256', payload, joined(signature.slice(0, 32), other))
}
