/** How a process on duty comes to its end: new calls first, then those in progress, then itself. */
import { expect, test } from 'vitest'
import { type Attended, Duty } from '../../../src/operations/duty.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

/** Calls that end when the test says so. */
class Calls implements Attended {
  calls: number
  isConnected = true
  away: string[] = []
  readonly told: string[] = []
  readonly #duty: Duty
  #end: () => void = () => {}

  constructor(duty: Duty, calls: number) {
    this.#duty = duty
    this.calls = calls
  }

  async turnAway(): Promise<void> {
    this.told.push(`turn away while ${this.#duty.standing().state}`)
  }

  async allEnded(): Promise<void> {
    if (this.calls > 0) await new Promise<void>(resolve => (this.#end = resolve))
  }

  end(): void {
    this.calls = 0
    this.#end()
  }
}

const drainMs = 60_000

async function onDuty(calls: number, story: (duty: Duty, line: Calls, runtime: VirtualRuntime) => Promise<void>) {
  const runtime = new VirtualRuntime()
  const duty = new Duty(runtime, drainMs)
  const line = new Calls(duty, calls)
  duty.attend(line)
  await runtime.run(() => story(duty, line, runtime))
}

test('it is ready while its lines are connected, and only then', () =>
  onDuty(2, async (duty, line) => {
    expect(duty.standing()).toEqual({ ready: true, state: 'serving', calls: 2 })
    line.away = ['2']
    expect(duty.standing()).toEqual({ ready: true, state: 'serving', calls: 2, away: ['2'] })
    line.isConnected = false
    expect(duty.standing()).toEqual({ ready: false, state: 'no-asterisk', calls: 2 })
    expect(new Duty(new VirtualRuntime(), drainMs).standing()).toEqual({ ready: false, state: 'no-asterisk', calls: 0 })
  }))

test('it is not ready any more before new calls are turned away, and ends with the last call', () =>
  onDuty(1, async (duty, line, runtime) => {
    const draining = duty.end()
    expect(duty.standing()).toEqual({ ready: false, state: 'draining', calls: 1 })
    await runtime.sleep(10_000)
    expect(line.told).toEqual(['turn away while draining'])
    line.end()
    expect(await draining).toEqual({ outcome: 'ended', calls: 0 })
    expect(await duty.over).toEqual({ outcome: 'ended', calls: 0 })
    expect(runtime.monotonicMs()).toBe(10_000)
  }))

test('calls that go on are cut when the time is up', () =>
  onDuty(3, async (duty, _line, runtime) => {
    expect(await duty.end()).toEqual({ outcome: 'cut', calls: 3 })
    expect(runtime.monotonicMs()).toBe(drainMs)
  }))

test('a second SIGTERM waits for nobody; a command that asks again does not hurry it', () =>
  onDuty(3, async (duty, _line, runtime) => {
    duty.terminate()
    const again = duty.end()
    await runtime.sleep(1_000)
    expect(await Promise.race([duty.over, Promise.resolve('under way')])).toBe('under way')
    duty.terminate()
    expect(await again).toEqual({ outcome: 'cut', calls: 3 })
    expect(runtime.monotonicMs()).toBe(1_000)
  }))

test('one that drains from its birth waits for the calls of whom it follows', async () => {
  const runtime = new VirtualRuntime()
  const duty = new Duty(runtime, drainMs)
  const line = new Calls(duty, 1)
  await runtime.run(async () => {
    const draining = duty.drain()
    expect(duty.isDraining).toBe(true)
    await runtime.sleep(3_000)
    expect(await Promise.race([draining, Promise.resolve('under way')])).toBe('under way')
    duty.attend(line)
    await runtime.sleep(4_000)
    expect(line.told).toEqual(['turn away while draining'])
    line.end()
    expect(await draining).toEqual({ outcome: 'ended', calls: 0 })
    expect(runtime.monotonicMs()).toBe(7_000)
  })
})

test('one that is never connected drains for no longer than the time', async () => {
  const runtime = new VirtualRuntime()
  const duty = new Duty(runtime, drainMs)
  await runtime.run(async () => {
    expect(await duty.drain()).toEqual({ outcome: 'ended', calls: 0 })
    expect(runtime.monotonicMs()).toBe(drainMs)
  })
})

test('who only drains does not end by itself', () =>
  onDuty(0, async (duty, line, runtime) => {
    expect(await duty.drain()).toEqual({ outcome: 'ended', calls: 0 })
    await runtime.sleep(drainMs * 2)
    expect(await Promise.race([duty.over, duty.ending, Promise.resolve('on duty')])).toBe('on duty')
    expect(line.told).toEqual(['turn away while draining'])
  }))
