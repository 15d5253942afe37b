/** One application at several Asterisk: those that are there serve, and one that is away is waited for. */
import { expect, test } from 'vitest'
import type { ConnectApplicationOptions } from '../../../src/phone/asterisk/connect-application.ts'
import {
  type Connected,
  type ConnectedEverywhere,
  connectEverywhere,
  type EverywhereNotice,
} from '../../../src/phone/asterisk/connect-everywhere.ts'
import { Secret } from '../../../src/secret.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

/** One Asterisk, which a test takes away and brings back. */
class Asterisk implements Connected {
  readonly name: string
  isThere = true
  calls = 0
  isClosed = false
  turnedAway: boolean | undefined
  tries = 0
  #end: () => void = () => {}
  replace: () => void = () => {}
  readonly replaced = new Promise<void>(resolve => {
    this.replace = resolve
  })

  constructor(name: string) {
    this.name = name
  }

  get isConnected(): boolean {
    return this.isThere && !this.isClosed
  }

  join(options: ConnectApplicationOptions): this {
    this.tries++
    if (!this.isThere) throw new Error(`${this.name} is away`)
    this.turnedAway = options.isDraining?.()
    options.onNotice?.({ notice: 'connected' })
    return this
  }

  async soundQualities() {
    return new Map([[`call at ${this.name}`, { lossPercent: 0, jitterMs: 1 }]])
  }

  async turnAway(): Promise<void> {
    this.turnedAway = true
  }

  async allEnded(): Promise<void> {
    if (this.calls > 0) await new Promise<void>(resolve => (this.#end = resolve))
  }

  end(): void {
    this.calls = 0
    this.#end()
  }

  async drain(): Promise<void> {}

  close(): void {
    this.isClosed = true
  }
}

interface Stage {
  readonly runtime: VirtualRuntime
  readonly first: Asterisk
  readonly second: Asterisk
  readonly notices: EverywhereNotice[]
  connect(asterisks?: readonly Asterisk[]): Promise<ConnectedEverywhere>
}

async function staged(story: (stage: Stage) => Promise<void>) {
  const runtime = new VirtualRuntime()
  const [first, second] = [new Asterisk('1'), new Asterisk('2')]
  const notices: EverywhereNotice[] = []
  const open: ConnectedEverywhere[] = []
  const connect = async (asterisks: readonly Asterisk[] = [first, second]) => {
    const at = ({ name }: Asterisk) => ({ name, ari: { url: name, user: 'harbour', password: new Secret('x') } })
    const options = {
      asterisks: asterisks.map(at),
      ...{ application: 'harbour', runtime, handler: async () => {}, clips: [], drainVariable: 'DRAIN_harbour' },
      onNotice: (notice: EverywhereNotice) => notices.push(notice),
    }
    const joined = await connectEverywhere(options, async ({ ari, ...rest }) =>
      (ari.url === '1' ? first : second).join({ ari, ...rest }),
    )
    open.push(joined)
    return joined
  }
  await runtime.run(async () => {
    await story({ runtime, first, second, notices, connect })
    for (const each of open) each.close()
  })
}

test('calls of all are counted together, and told apart by what is said of each', () =>
  staged(async ({ first, second, notices, connect }) => {
    const application = await connect()
    first.calls = 2
    second.calls = 3
    expect(application.calls).toBe(5)
    expect(application.away).toEqual([])
    expect([...(await application.soundQualities()).keys()]).toEqual(['call at 1', 'call at 2'])
    expect(notices).toEqual([
      { notice: 'connected', asterisk: '1' },
      { notice: 'connected', asterisk: '2' },
    ])
  }))

test('one alone is spoken of as ever', () =>
  staged(async ({ first, notices, connect }) => {
    await connect([first])
    expect(notices).toEqual([{ notice: 'connected' }])
  }))

test('one that is away is waited for, while the other serves', () =>
  staged(async ({ runtime, first, second, notices, connect }) => {
    second.isThere = false
    const application = await connect()
    expect(runtime.monotonicMs()).toBe(0)
    expect(application.isConnected).toBe(true)
    expect(application.away).toEqual(['2'])
    await runtime.sleep(60_000)
    expect(second.tries).toBeGreaterThan(10)
    // Said once, however often it was tried.
    expect(notices).toEqual([
      { notice: 'connected', asterisk: '1' },
      { notice: 'away', asterisk: '2', error: 'Error: 2 is away' },
    ])
    second.isThere = true
    await runtime.sleep(10_000)
    expect(application.away).toEqual([])
    first.isThere = false
    expect(application.isConnected).toBe(true)
    expect(application.away).toEqual(['1'])
    second.isThere = false
    expect(application.isConnected).toBe(false)
  }))

test('where none can be joined, that is the end of it', () =>
  staged(async ({ runtime, first, second, connect }) => {
    first.isThere = false
    second.isThere = false
    await expect(connect()).rejects.toThrow('1 is away')
    await runtime.sleep(60_000)
    expect([first.tries, second.tries]).toEqual([1, 1])
  }))

test('draining: all turn new calls away, one that comes back later too, and the last call anywhere is waited for', () =>
  staged(async ({ runtime, first, second, connect }) => {
    second.isThere = false
    const application = await connect()
    first.calls = 1
    let isOver = false
    const draining = application.drain().then(() => {
      isOver = true
    })
    await runtime.sleep(1)
    expect(first.turnedAway).toBe(true)
    second.isThere = true
    await runtime.sleep(10_000)
    expect(second.turnedAway).toBe(true)
    // Taken up from a process that had died.
    second.calls = 1
    first.end()
    await runtime.sleep(1)
    expect(isOver).toBe(false)
    second.end()
    await draining
    expect([first.isClosed, second.isClosed]).toEqual([true, true])
  }))

test('who is replaced at one of them is replaced, and what opens after the end is closed', () =>
  staged(async ({ runtime, first, second, connect }) => {
    second.isThere = false
    const application = await connect()
    first.replace()
    await application.replaced
    application.close()
    second.isThere = true
    await runtime.sleep(60_000)
    expect([first.isClosed, second.isConnected, application.away]).toEqual([true, true, ['1', '2']])
    expect(second.tries).toBeLessThan(3)
  }))
