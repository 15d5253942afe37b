/** The payment terminal as a browser gets it: bundled without anything of Node's, and run where Node's own globals are missing. */
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { account } from '../card/cast.ts'

const contents = `
  export { payInCall } from './src/terminal/payment.ts'
  export { joinedLines } from './src/terminal/memory-line.ts'
  export { ask, tell, alike } from './src/phone/exchange/asking.ts'
  export { Ladder } from './src/phone/exchange/ladder.ts'
  export { FrameListener } from './src/phone/frames/frame-listener.ts'
  export { frameBits } from './src/modem/coded/frame.ts'
  export { modulate } from './src/modem/line/modulator.ts'
  export { LINE_MODES } from './src/modem/line/modes.ts'
  export { signalTone } from './src/modem/line/signal-tones.ts'
  export { encodeRequest } from './src/card/messages/request.ts'
  export { decryptAnswer } from './src/card/messages/answer.ts'
  export { encodeResult } from './src/card/messages/result.ts'
  export { openerWith } from './src/card/cose/hpke.ts'
  export { Directory, directoryToSign } from './src/card/directory.ts'
  export { encodeSign1 } from './src/card/cose/sign1.ts'
  export { makeSigningKey, sign } from './src/card/cose/signing.ts'
  export { issueCard } from './src/card/issue-card.ts'
  export { SoftCard } from './src/card/soft/soft-card.ts'
  export { yuan } from './src/money.ts'
  export { Secret } from './src/secret.ts'`

/** Time jumps to whoever sleeps shortest, once nothing else goes on; and a bank at the other end of a line in memory. */
const page = `
  const random = length => Uint8Array.from({ length }, (_, at) => at + 1)
  function virtualRuntime() {
    let [now, working, sleepers] = [0, 0, []]
    const turn = async () => {
      for (;;) {
        await idle()
        if (working > 0) continue
        const next = sleepers.sort((a, b) => a.at - b.at).shift()
        if (next === undefined) continue
        now = Math.max(now, next.at)
        next.wake()
      }
    }
    turn()
    return {
      random,
      monotonicMs: () => now,
      work: promise => (working++, promise.finally(() => working--)),
      sleep: (ms, signal) => new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const giveUp = () => {
          sleepers = sleepers.filter(each => each !== sleeper)
          reject(signal.reason)
        }
        const wake = () => {
          signal?.removeEventListener('abort', giveUp)
          resolve()
        }
        const sleeper = { at: now + ms, wake }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', giveUp)
      }),
    }
  }
  async function lead(line, exchange, runtime) {
    const ear = new terminal.FrameListener(['v23', 'v21'])
    let heard = []
    line.listen({ onSound: (samples, gap) => heard.push(...ear.push(samples, gap)), onDigit: () => {} })
    for (let step = exchange.next({ came: 'nothing' }); ; ) {
      if (step.done) return step.value
      const { do: what, tone, mode, frames, withinMs } = step.value
      let came = { came: 'nothing' }
      if (what === 'tone') await line.send(terminal.signalTone(tone))
      if (what === 'send') {
        const line_mode = terminal.LINE_MODES[mode]
        for (const frame of frames) await line.send(terminal.modulate(terminal.frameBits(frame, line_mode), line_mode))
        heard = []
      }
      if (what === 'listen') {
        const began = runtime.monotonicMs()
        while (heard.length === 0 && runtime.monotonicMs() < began + withinMs) await runtime.sleep(20)
        const first = heard.shift()
        if (first) came = { came: 'frame', mode: first.mode, frame: first.frame, tookMs: runtime.monotonicMs() - began }
      }
      step = exchange.next(came)
    }
  }`

const paying = `
  (async () => {
    const runtime = virtualRuntime()
    const secret = digits => new terminal.Secret(digits)
    let memory
    const store = { load: async () => memory, save: async bytes => { memory = bytes } }
    const card = await terminal.SoftCard.insert(store, random)
    const pair = await crypto.subtle.generateKey({ name: 'X25519' }, true, ['deriveBits'])
    const answerKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
    const privateKey = Uint8Array.from(atob(jwk.d.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
    const holder = { number: '00170000471170', issuer: 'harbour', account: '1234567889', expiresAt: 9999 }
    const secrets = { pin: secret('246810'), puk: secret('13579135'), issuerKey: answerKey, agreedKey: random(32) }
    await terminal.issueCard(card, { algorithm: 'Ed25519', ...holder, ...secrets })
    const payee = { bank: 'garden', account: '${account('7654321')}', name: 'Lotus Books' }
    const institutions = [{ number: 17, id: 'harbour', name: 'Harbour Bank', answerKey, answerKeyId: 3 }]
    const { payload, toBeSigned } = terminal.directoryToSign({ version: 1, madeAt: 1, institutions, payees: [] })
    const key = await terminal.makeSigningKey('Ed25519', random)
    const signed = terminal.encodeSign1('Ed25519', payload, await terminal.sign(key, toBeSigned))
    const directory = await terminal.Directory.read(key, signed)
    const request = { receiver: 'harbour', nonce: random(8), issuedAt: 1, expiresAt: 301, type: 'transfer', payee, amount: terminal.yuan(12000n) }
    const shown = []
    const hands = {
      approve: async asked => { shown.push(asked.shown.amount); return { pin: secrets.pin, password: secret('123456') } },
      onResult: result => shown.push(result.outcome),
      onSettled: () => {},
    }
    const [bankEnd, ours] = terminal.joinedLines(runtime)
    const unsettled = { find: async () => undefined, add: async () => {}, remove: async () => {} }
    const paid = terminal.payInCall(ours, { card, directory, hands, unsettled, runtime })
    const ladder = new terminal.Ladder()
    const message = terminal.alike({ type: 1, keyId: 0, payload: terminal.encodeRequest(request) })
    const asked = await lead(bankEnd, terminal.ask(message, ladder, 7), runtime)
    const open = terminal.openerWith(privateKey)
    const answer = await runtime.work(terminal.decryptAnswer('harbour', open, asked.upward.payload))
    const result = terminal.alike({ type: 5, keyId: 0, payload: terminal.encodeResult({ outcome: 'paid', reference: 'H-1' }) })
    const isTold = await lead(bankEnd, terminal.tell(result, ladder, asked.upward.sequence), runtime)
    const { outcome } = await paid
    await ours.hangUp()
    return { shown, counter: answer.witness.counter, keyId: asked.upward.keyId, isTold, outcome }
  })()`

test('a terminal pays over a line in memory, in a browser', async () => {
  const built = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    ...{ bundle: true, platform: 'browser', format: 'iife', globalName: 'terminal', target: 'chrome120' },
    ...{ metafile: true, write: false, logLevel: 'silent' },
  } as const)
  const outside = Object.values(built.metafile.outputs).flatMap(({ imports }) => imports.filter(each => each.external))
  // @hpke/core asks an old Node for its WebCrypto, inside a branch that no browser takes.
  expect(outside.filter(({ path }) => path !== 'crypto')).toEqual([])
  const { TextEncoder, TextDecoder, crypto, atob, btoa, AbortController } = globalThis
  const idle = () => new Promise(resolve => setImmediate(resolve))
  const names = { TextEncoder, TextDecoder, crypto, atob, btoa, AbortController, Uint8Array, ArrayBuffer, idle }
  const context = createContext(names)
  runInContext(`${built.outputFiles[0]?.text ?? ''}; globalThis.terminal = terminal; ${page}`, context)
  expect(JSON.parse(JSON.stringify(await runInContext(paying, context)))).toEqual({
    ...{ shown: ['12000.00 CNY', 'paid'], counter: 1, keyId: 3, isTold: true, outcome: 'result' },
  })
  // Each sample of the call in a context of its own: 15 s were measured at a load of 10.
}, 60_000)
