/**
 * `npm run bench -- line`: what of a call's sound reaches this program, by each way out of Asterisk. A phone sends a signal
 * that occurs nowhere twice, without some packets that we know; what arrives is laid beside what was sent.
 *
 *     right      a sample that was sent, at its own time
 *     silent     a sample that was lost, and whose time is kept by silence or by a gap
 *     marked     of those, said to be missing
 *     displaced  a sample that was sent, at another time
 *
 * A figure is the least share, of all rounds, of samples that are where they belong or are marked. Ours is RTP from a bridge
 * of two; the references are the other ways.
 */
import { AriClient } from '../../src/phone/asterisk/ari-client.ts'
import type { Stretch } from '../../src/rtp/packet-order.ts'
import { randomId, systemRuntime, withDeadline } from '../../src/runtime.ts'
import { startAsterisk, type TestAsterisk } from '../../test/calls/harness/asterisk.ts'
import { callByRtp } from '../../test/calls/harness/rtp-phone.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import { percentile } from '../calls/percentile.ts'
import type { BenchReport, Figure } from '../report.ts'
import { type Stage, type Transport, transports } from './transports.ts'

const application = 'harbour'
const number = '9001'
const packetSamples = 160
/** The way that `src/phone/asterisk/samples/` takes. */
const ours = 'rtp'

interface Outcome {
  /** Of all samples that were sent or lost. */
  readonly accountedFor: number
  readonly displaced: number
  readonly marked: number
  readonly lost: number
  /** From asking until the sound could come, and from asking until nothing was left. */
  readonly openMs: number
  readonly closeMs: number
}

export async function lineBench(options: { quick: boolean; json: boolean }): Promise<BenchReport> {
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const asterisk = await startAsterisk()
  const address = asterisk.switch.ariFor(application)
  const ari = await AriClient.open(address, systemRuntime)
  const starts = await startsOf(ari)
  try {
    const outcomes = new Map<string, Outcome[]>()
    for (let round = 0; round < (options.quick ? 1 : 5); round++) {
      for (const transport of transports) {
        const outcome = await measure(asterisk, { ari, address, starts }, transport, round + 1)
        outcomes.set(transport.name, [...(outcomes.get(transport.name) ?? []), outcome])
        say(`${transport.name}: ${inWords(outcome)}`)
      }
    }
    return { bench: 'line', figures: figuresOf(outcomes) }
  } finally {
    starts.close()
    ari.close()
    await asterisk.stop()
  }
}

function figuresOf(outcomes: ReadonlyMap<string, readonly Outcome[]>): Figure[] {
  const of = (name: string) => outcomes.get(name) ?? []
  const worst = (name: string) => Math.min(...of(name).map(({ accountedFor }) => accountedFor))
  const median = (name: string, what: 'openMs' | 'closeMs') =>
    percentile(
      of(name).map(each => each[what]),
      0.5,
    )
  const placed = transports
    .filter(({ name }) => name !== ours)
    .map(({ name }) => figure(`samplesPlaced against ${name}`, worst(ours), worst(name), '= 1', worst(ours) === 1))
  const times = (['openMs', 'closeMs'] as const).map(what => {
    const ourMs = median(ours, what)
    return figure(`${what}P50 against webSocket`, ourMs, median('webSocket', what), '≤ 50', ourMs <= 50)
  })
  return [...placed, ...times]
}

function figure(name: string, ours: number, reference: number, goal: string, met: boolean): Figure {
  return { name, ours, reference, ratio: ours / reference, goal, met }
}

interface Starts {
  started(channelId: string): Promise<void>
  /** The next channel that comes in and is none of ours. */
  nextCaller(): Promise<string>
  close(): void
}

const ownPrefix = 'tonebank-bench-'

/** Which channels have come into the application. */
async function startsOf(ari: AriClient): Promise<Starts> {
  const socket = ari.socket(application)
  const here = new Set<string>()
  let wake: () => void = () => {}
  let changed = new Promise<void>(resolve => {
    wake = resolve
  })
  socket.on('message', (message: Buffer) => {
    const { type, channel } = JSON.parse(message.toString('utf8')) as { type: string; channel?: { id: string } }
    if (type !== 'StasisStart' || !channel) return
    here.add(channel.id)
    wake()
    changed = new Promise(resolve => {
      wake = resolve
    })
  })
  await new Promise(resolve => socket.once('open', resolve))
  const until = async (isIt: (channelId: string) => boolean): Promise<string> => {
    for (;;) {
      const found = [...here].find(isIt)
      if (found !== undefined) {
        here.delete(found)
        return found
      }
      await withDeadline(systemRuntime, 'a channel', 5_000, changed)
    }
  }
  return {
    started: async channelId => void (await until(each => each === channelId)),
    nextCaller: () => until(each => !each.startsWith(ownPrefix)),
    close: () => socket.terminate(),
  }
}

interface Connection {
  readonly ari: AriClient
  readonly address: Stage['address']
  readonly starts: Starts
}

async function measure(asterisk: TestAsterisk, at: Connection, transport: Transport, seed: number): Promise<Outcome> {
  const { ari, address, starts } = at
  const calling = callByRtp({
    ...{ server: asterisk.switch.sip, account: asterisk.account('desk1'), number },
    suppressSilence: true,
  })
  const callerId = await starts.nextCaller()
  await ari.request('channels', 'answer', { channelId: callerId })
  const phone = await calling
  const stretches: Stretch[] = []
  const newId = () => `${ownPrefix}${randomId(systemRuntime)}`
  const stage = { ari, address, application, callerId, newId, started: starts.started }

  const beganAtMs = performance.now()
  const close = await transport.open(stage, stretch => void stretches.push(stretch))
  const openMs = performance.now() - beganAtMs
  await systemRuntime.sleep(300)
  stretches.length = 0
  const { codes, lost } = signalOf(seed)
  await phone.play(codes, lost)
  await systemRuntime.sleep(300)
  const closingAtMs = performance.now()
  await close()
  const closeMs = performance.now() - closingAtMs
  await phone.hangUp()
  return { ...compare(codes, lost, stretches), openMs, closeMs }
}

/** Six seconds of random codes, none of them silence, and every twelfth packet lost, singly and in bursts. */
function signalOf(seed: number): { codes: Uint8Array; lost: ReadonlySet<number> } {
  const random = seeded(seed)
  const packets = 300
  const codes = Uint8Array.from({ length: packets * packetSamples }, () => {
    const code = Math.floor(random.uniform() * 256)
    return isSilence(code) ? code ^ 0x40 : code
  })
  // Never the first, by which the two are laid beside each other, and none of the last: a gap is certain three packets later.
  const lost = new Set<number>()
  for (let number = 1; number < packets - 8; number++)
    if (random.uniform() < 0.06) for (let more = 0; more <= random.uniform() * 3; more++) lost.add(number + more)
  return { codes, lost }
}

/** A-law's smallest values, which Asterisk puts where it has nothing. */
function isSilence(code: number): boolean {
  return ((code ^ 0x55) & 0x7f) <= 1
}

/** Lays what arrived beside what was sent: both begin with the first packet, which is never lost. */
function compare(codes: Uint8Array, lost: ReadonlySet<number>, stretches: readonly Stretch[]) {
  const line: number[] = []
  for (const { gap, codes } of stretches) line.push(...Array<number>(gap).fill(-1), ...codes)
  const start = line.findIndex((_, at) => codes.subarray(0, 16).every((code, n) => line[at + n] === code))
  let [right, displaced, marked] = [0, 0, 0]
  codes.forEach((code, n) => {
    const isLost = lost.has(Math.floor(n / packetSamples))
    const arrived = start < 0 ? undefined : line[start + n]
    if (isLost) marked += arrived === -1 ? 1 : 0
    else if (arrived === code) right++
    else displaced++
  })
  const lostSamples = lost.size * packetSamples
  return { accountedFor: (right + marked) / codes.length, displaced, marked, lost: lostSamples }
}

function inWords({ accountedFor, displaced, marked, lost, openMs, closeMs }: Outcome): string {
  return [
    `${(accountedFor * 100).toFixed(2)} % accounted for`,
    `${displaced} displaced`,
    `${marked} of ${lost} lost samples marked`,
    `open ${openMs.toFixed(1)} ms, close ${closeMs.toFixed(1)} ms`,
  ].join(', ')
}
