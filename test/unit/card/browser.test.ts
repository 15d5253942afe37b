/** The card's modules as a browser gets them: bundled without anything of Node's, and run where Node's own globals are missing. */
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const bundled = `
  export { encodeOrder, parseOrder, appendWitness } from './src/card/order-bytes.ts'
  export { showOrder } from './src/card/shown.ts'
  export { makeSigningKey, sign, isSignedBy } from './src/card/cose/signing.ts'
  export { encodeDigitAnswer, encryptAnswer, decryptAnswer } from './src/card/messages/answer.ts'
  export { parseChallenge } from './src/card/messages/challenge.ts'
  export { parseRequest } from './src/card/messages/request.ts'
  export { splitForDigits } from './src/card/messages/parts.ts'
  export { openerWith } from './src/card/cose/hpke.ts'
  export { openPassword, sealPasswordTo, sealPasswordUnder } from './src/card/personal-password.ts'
  export { Directory } from './src/card/directory.ts'
  export { CardSession } from './src/card/card-session.ts'
  export { issueCard } from './src/card/issue-card.ts'
  export { SoftCard } from './src/card/soft/soft-card.ts'
  export { rebuildSigned } from './src/card/rebuild.ts'
  export { judgeOrder } from './src/card/judge.ts'
  export { Secret } from './src/secret.ts'`

test('orders, messages, COSE and secrets run in a browser', async () => {
  const { code, outside } = await bundle(bundled)
  // @hpke/core asks an old Node for its WebCrypto, inside a branch that no browser takes.
  expect(outside.filter(({ path }) => path !== 'crypto')).toEqual([])
  expect(
    await inBrowser(
      code,
      `
    (async () => {
      const random = length => Uint8Array.from({ length }, (_, at) => at + 1)
      const order = card.encodeOrder({
        receiver: 'bookshop', nonce: random(8), issuedAt: 1, expiresAt: 301, issuer: 'harbour', card: '00170000471170',
        account: '1234567889', type: 'sign-in' })
      const payload = card.appendWitness(order, { counter: 1, verified: 'pin' })
      const signed = []
      for (const algorithm of ['Ed25519', 'P-256']) {
        const key = await card.makeSigningKey(algorithm, random)
        signed.push(await card.isSignedBy(key, payload, await card.sign(key, payload)))
      }
      const sealed = await card.sealPasswordUnder(random(32), new card.Secret('123456'), payload)
      const opened = await card.openPassword({ issuer: 'harbour', agreedKey: random(32) }, sealed, payload)
      return { shown: card.showOrder(order).receiver, signed, password: opened.reveal(), printed: String(opened) }
    })()`,
    ),
  ).toEqual({ shown: 'bookshop', signed: [true, true], password: '123456', printed: '•••' })
})

test('a soft card pays in a browser', async () => {
  const { code } = await bundle(bundled)
  const paying = `
    (async () => {
      const random = length => Uint8Array.from({ length }, (_, at) => at + 1)
      const secret = digits => new card.Secret(digits)
      let memory
      const store = { load: async () => memory, save: async bytes => { memory = bytes } }
      const element = await card.SoftCard.insert(store, random)
      const holder = { number: '00170000471170', issuer: 'harbour', account: '1234567889', expiresAt: 9999 }
      const secrets = { pin: secret('246810'), puk: secret('13579135'), issuerKey: random(32), agreedKey: random(32) }
      const { key } = await card.issueCard(element, { algorithm: 'Ed25519', ...holder, ...secrets })
      const { session } = await card.CardSession.open(element)
      const request = { receiver: 'bookshop', nonce: random(8), issuedAt: 1, expiresAt: 301, type: 'sign-in' }
      const signed = await session.sign(session.prepare(request), secrets.pin, secret('123456'), 'hpke')
      const register = {
        card: async () => ({ ...holder, key, state: 'active', counter: 0 }),
        asked: async () => ({ state: 'open', request }),
      }
      const message = card.rebuildSigned(request, signed.answer, 'harbour')
      return (await card.judgeOrder({ message, receiver: 'bookshop', now: 2 }, register)).outcome
    })()`
  expect(await inBrowser(code, paying)).toBe('genuine')
})

async function bundle(contents: string) {
  const built = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'card',
    target: 'chrome120',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const outside = Object.values(built.metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external),
  )
  return { code: built.outputFiles[0]?.text ?? '', outside, warnings: built.warnings }
}

/** With what a browser's page has of JavaScript's surroundings, and nothing else: no Buffer, no process, no require. */
async function inBrowser(code: string, expression: string): Promise<unknown> {
  const { TextEncoder, TextDecoder, crypto, atob, btoa } = globalThis
  const page = createContext({ TextEncoder, TextDecoder, crypto, atob, btoa, Uint8Array, ArrayBuffer })
  runInContext(`${code}; globalThis.card = card`, page)
  return JSON.parse(JSON.stringify(await runInContext(expression, page)))
}
