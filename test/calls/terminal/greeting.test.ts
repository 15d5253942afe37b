/** A terminal's telephone and the whole demonstration: who dials 9001 hears the bank, live and sample by sample as it was rendered. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { places } from '../../../src/operations/places.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { currentGeneration } from '../../../src/speech/manifest.ts'
import { SipPhone } from '../../../src/terminal/sip/phone.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Network, startNetwork } from '../harness/network.ts'
import { until } from '../harness/until.ts'
import { loadClipSet } from '../listen/clip-set.ts'
import { listen } from '../listen/listen.ts'
import { Ear, lineOf, placeOf } from './terminal-stage.ts'

let network: Network
beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

it('hears the greeting of 9001 while it is said, answers by a key, and hangs up in mid-sentence', async () => {
  const exchange = { ...network.server, transport: 'udp' } as const
  const phone = new SipPhone({ exchange, account: network.phoneAccount('phone1') }, systemRuntime)
  const log = network.log('harbour')
  const line = lineOf(await phone.open('9001'))
  const ear = new Ear(line)
  const clips = loadClipSet(currentGeneration(places.promptsCache) ?? '', 'en')
  const clipOf = (text: string) => {
    const clip = clips.find(each => each.text === text)
    if (!clip) throw new Error(`no clip says ${text}`)
    return clip.samples
  }
  const [welcome, name] = [clipOf('Welcome to,'), clipOf('Harbour Bank,')]
  await until('the greeting is heard', () => wholePackets(name, ear.heard) > 0.8, 10_000)
  // Codes pass Asterisk as they are: where it did not falter, samples are not alike, but the same.
  expect(wholePackets(welcome, ear.heard)).toBeGreaterThan(0.8)
  const said = listen(ear.heard, clips).filter(heard => heard.kind === 'clip')
  expect(said.slice(0, 2).map(({ clip }) => clip.text)).toEqual(['Welcome to,', 'Harbour Bank,'])
  for (const { score } of said.slice(0, 2)) expect(score).toBeGreaterThan(0.95)

  await line.keys('1')
  expect(await log.next({ event: 'asked', step: 'sign-in.account' })).toBeDefined()
  await line.hangUp()
  expect(await line.ended).toBe('hung up here')
  await log.next({ event: 'ended' })
})

/** How much of a clip was heard, in pieces of 20 ms that stand there sample for sample. */
function wholePackets(clip: Float32Array, heard: Float32Array): number {
  const pieces = Array.from({ length: Math.floor(clip.length / 160) }, (_, at) =>
    clip.subarray(at * 160, at * 160 + 160),
  )
  return pieces.filter(piece => placeOf(piece, heard) >= 0).length / pieces.length
}
