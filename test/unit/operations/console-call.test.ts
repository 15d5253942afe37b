/** A console that phones an institution which runs in another process: everything crosses the owner's socket. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { consoleCalls } from '../../../src/operations/console-call.ts'
import { phoneOwner } from '../../../src/operations/console-phone.ts'
import { NoOwner } from '../../../src/operations/owner/ask.ts'
import { contract } from '../../../src/operations/owner/contract.ts'
import { serveOwner } from '../../../src/operations/owner/serve.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import type { Input } from '../../../src/phone/console/keyboard.ts'
import { forgiving, type Loudspeaker } from '../../../src/phone/console/loudspeaker.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function purchase(call: Call): Promise<void> {
  await call.ask('sign-in.pin', { phrase: 'sign-in.pin', digits: { min: 6, max: 6 }, secret: true, accept: accepted })
  await call.say('voucher.password', { password: new Secret('91827364') }, { inFull: true })
}

async function institution(script: (call: Call) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-console-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  const logged: unknown[] = []
  const faults: unknown[] = []
  const phone = consoleCalls({
    scripts: { bank: script },
    speech: catalogueSpeech(),
    runtime: systemRuntime,
    logOf: () => ({
      transcript: event => void logged.push(event),
      onFault: fault => void faults.push(fault),
    }),
  })
  const owner = await serveOwner(folder, systemRuntime, contract, { phone }, error => void faults.push(error))
  undo.push(() => owner.close())
  return { folder, logged, faults, owner }
}

async function dial(folder: string, typed: string, loudspeaker?: Loudspeaker, line = 'bank') {
  let screen = ''
  const input = Object.assign(new PassThrough(), { isTTY: false })
  input.end(typed)
  const write = (text: string) => {
    screen += text
  }
  const dialling = { folder, line, dialled: '9001', input: input as unknown as Input, columns: undefined }
  await phoneOwner({ ...dialling, write, loudspeaker }, systemRuntime)
  return screen
}

describe('a console beside the running network', () => {
  it('phones the institution that runs, and its screen shows what a caller hears', async () => {
    const { folder, logged, faults } = await institution(purchase)
    const screen = await dial(folder, '246810\n')
    expect(screen).toContain('Please key in your 6 digit PIN')
    expect(screen).toContain('9182 7364')
    expect(screen).not.toContain('246810')
    expect(JSON.stringify(logged)).toContain('said-goodbye')
    expect(JSON.stringify(logged)).not.toMatch(/246810|9182/)
    expect(faults).toEqual([])
  })

  it('hangs up there when its input ends', async () => {
    const { folder, logged } = await institution(purchase)
    await dial(folder, '')
    expect(JSON.stringify(logged)).toContain('caller-left')
  })

  it('is told that nobody runs, and can then run the institution itself', async () => {
    const { folder, owner } = await institution(purchase)
    await owner.close()
    await expect(dial(folder, '')).rejects.toThrow(NoOwner)
  })

  it('is told which line is not there', async () => {
    const { folder } = await institution(purchase)
    await expect(dial(folder, '', undefined, 'merchant')).rejects.toThrow('this institution has no line merchant')
  })

  it('speaks at its own end, never a secret', async () => {
    const { folder } = await institution(purchase)
    const spoken: string[] = []
    await dial(folder, '246810\n', { say: async text => void spoken.push(text), silence: () => {} })
    expect(spoken.join(' ')).toContain('6 digit PIN')
    expect(spoken.join(' ')).not.toMatch(/9182|7364/)
  })
})

describe('a desktop without a voice', () => {
  it('says so once, and the call goes on', async () => {
    const { folder } = await institution(purchase)
    const reasons: string[] = []
    const broken = { say: () => Promise.reject(new Error('the desktop has no voice')), silence: () => {} }
    const screen = await dial(
      folder,
      '246810\n',
      forgiving(broken, systemRuntime, why => reasons.push(why)),
    )
    expect(screen).toContain('9182 7364')
    expect(reasons).toEqual(['the desktop has no voice'])
  })

  it('or with one that hangs, is not waited for longer than a voice would take', async () => {
    const runtime = new VirtualRuntime()
    const reasons: string[] = []
    const hung = { say: () => new Promise<void>(() => {}), silence: () => {} }
    const loudspeaker = forgiving(hung, runtime, why => reasons.push(why))
    await runtime.run(() => loudspeaker.say('hello', 'en'))
    expect(reasons).toHaveLength(1)
    expect(runtime.monotonicMs()).toBeLessThan(15_000)
  })

  it('that is interrupted has not failed', async () => {
    let fail = (_error: Error) => {}
    const reasons: string[] = []
    const killed: Loudspeaker = {
      say: () => new Promise<void>((_, reject) => (fail = reject)),
      silence: () => fail(new Error('killed')),
    }
    const loudspeaker = forgiving(killed, systemRuntime, why => reasons.push(why))
    const said = loudspeaker.say('hello', 'en')
    loudspeaker.silence()
    await said
    expect(reasons).toEqual([])
  })
})
