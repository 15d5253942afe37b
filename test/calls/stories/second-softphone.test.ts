/**
 * A softphone of other authors, at another machine (a network namespace), makes the main call by TLS and SRTP: it looks whether the
 * exchange's certificate is the one that it was given, and buys a voucher at the bank's line of a whole network. What passes the wire is
 * captured.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { places } from '../../../src/operations/places.ts'
import { parseRtp } from '../../../src/rtp/packet.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { currentGeneration } from '../../../src/speech/manifest.ts'
import { balancesOf } from '../../support/balances.ts'
import { CallFailed } from '../harness/baresip.ts'
import { startCapture } from '../harness/capture.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { startLinphone } from '../harness/linphone.ts'
import { digitsHeard } from '../harness/listening.ts'
import { type Network, startNetwork } from '../harness/network.ts'
import { isPossible, needsOtherMachine, type OtherMachine, openOtherMachine } from '../harness/other-machine.ts'
import { selfSigned } from '../harness/self-signed.ts'
import { sampleRate } from '../harness/wav.ts'
import { loadClipSet } from '../listen/clip-set.ts'
import { listen } from '../listen/listen.ts'

let network: Network
let machine: OtherMachine
/** Of the network's edge. */
let edge: { readonly host: string; readonly port: number }
let folder: string

beforeAll(async () => {
  if (!isPossible()) return
  folder = mkdtempSync(join(tmpdir(), 'tonebank-certificates-'))
  network = await startNetwork(['--lan'], {}, institutionsMade)
  const [, host = '', port] = /network: (\S+):(\d+), TLS/.exec(network.printed()) ?? []
  edge = { host, port: Number(port) }
  machine = openOtherMachine({ [hostname()]: host })
})
afterAll(async () => {
  machine?.remove()
  await network?.stop()
  network?.remove()
  if (folder) rmSync(folder, { recursive: true })
})

const certificate = () => join(network.dataFolder, 'switch/certificate/network-certificate.pem')

const phoneThatTrusts = (trusts: string) =>
  startLinphone({
    ...{ trusts, command: machine.command, account: network.phoneAccount('lan1') },
    server: { host: hostname(), port: edge.port },
  })

it('it does not call an exchange that another vouches for', { timeout: 60_000 }, async context => {
  needsOtherMachine(context)
  const phone = await phoneThatTrusts(selfSigned(folder, 'Tonebank', `DNS:${hostname()}`).file)
  const failed = await phone.dial('9001').catch(error => error)
  await phone.quit()
  expect(failed).toBeInstanceOf(CallFailed)
  expect(failed.message).toMatch(/Certificate verification failed/)
})

it('it buys a voucher at 9001, and nothing of what is said passes the wire in clear', {
  timeout: 110_000,
}, async context => {
  needsOtherMachine(context)
  const [buyer] = network.customers
  const before = await balancesOf(network.dataFolder)
  const capture = await startCapture(machine.there, machine.wire)
  const log = network.log('harbour')
  const phone = await phoneThatTrusts(certificate())
  const beganAtMs = performance.now()
  await phone.dial('9001')
  const { call } = await log.next({ event: 'answered-call' })
  const answer = async (step: string, keys: string) => {
    await log.next({ call, event: 'asked', step })
    await systemRuntime.sleep(650)
    await phone.press(keys)
  }
  // The greeting is to be heard whole.
  await systemRuntime.sleep(2_500)
  // Who knows the questions keys ahead of them; a confirmation waits for its own key.
  await answer('language.choose', `1${buyer?.account}#${buyer?.pin}28001#50#`)
  await answer('buy.confirm', '1')
  await log.next({ call, event: 'asked', step: 'voucher.written' })
  await phone.hangUp()
  const tookMs = performance.now() - beganAtMs
  const recording = await phone.quit()
  const packets = (await capture.end()).flatMap(({ payload }) => parseRtp(payload) ?? [])

  const clips = loadClipSet(currentGeneration(places.promptsCache) ?? '', 'en')
  const heard = new Float32Array(recording).map(sample => sample / 32_768)
  const greeting = listen(heard.subarray(0, 5 * sampleRate), clips)
  const said = greeting.flatMap(each => (each.kind === 'clip' ? [each] : []))
  expect(said.slice(0, 2).map(({ clip }) => clip.text)).toEqual(['Welcome to,', 'Harbour Bank,'])
  const last = digitsHeard(recording.subarray(-9 * sampleRate), 'en')
  expect(last.map(({ digits }) => digits).join('').length).toBeGreaterThanOrEqual(8)
  const after = await balancesOf(network.dataFolder)
  const change = (account: string) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n)
  expect(change(`harbour deposit:${buyer?.account}`)).toBe(-50_00n)

  // Under SRTP the header is in clear and the codes are not: each of the 256 comes as often as any. The phone says silence, of one code.
  const sources = [...new Set(packets.map(({ source }) => source))]
  const streams = sources.map(of => packets.filter(({ source }) => source === of)).filter(each => each.length > 100)
  const shares = streams.map(each => mostFrequentShare(Buffer.concat(each.map(({ payload }) => payload))))
  console.log(
    `the call took ${Math.round(tookMs / 1_000)} s; the greeting's scores ${said.slice(0, 2).map(({ score }) => score.toFixed(2))}; ` +
      `${streams.map(({ length }) => length)} packets captured of ${streams.map(of => (of.at(-1)?.sequence ?? 0) - (of[0]?.sequence ?? 0))} sent, the most frequent code ${shares.map(share => `${(100 * share).toFixed(1)} %`)} of each way`,
  )
  expect(shares).toHaveLength(2)
  for (const share of shares) expect(share).toBeLessThan(0.05)
})

function mostFrequentShare(codes: Uint8Array): number {
  const counts = new Array<number>(256).fill(0)
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1
  return Math.max(...counts) / codes.length
}
