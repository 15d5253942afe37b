/**
 * Whoever scans from the network is shut out: hundreds of requests with names and passwords that are wrong, from a machine of its own (a
 * network namespace), of which Asterisk hears a handful. A softphone at another address telephones meanwhile, and afterwards.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../harness/asterisk.ts'
import { startPhone } from '../harness/baresip.ts'
import { isPossible, needsOtherMachine, type OtherMachine, openOtherMachine } from '../harness/other-machine.ts'
import { FrameStage } from '../phone/frame-stage.ts'
import { dialplan, numbers } from './terminal-stage.ts'

const tries = 400

let machine: OtherMachine
let stage: FrameStage
beforeAll(async () => {
  if (!isPossible()) return
  machine = openOtherMachine()
  stage = await FrameStage.open({}, { dialplan, network: { host: machine.here, phones: ['room1'] } })
})
afterAll(async () => {
  await stage?.close()
  machine?.remove()
})

async function scan(port: number): Promise<Record<string, number>> {
  const scanner = machine.spawn(process.execPath, [
    join(root, 'test/calls/harness/scanner.mjs'),
    ...[machine.here, String(port), String(tries)],
  ])
  let said = ''
  for (const stream of [scanner.stdout, scanner.stderr]) stream?.on('data', text => (said += text))
  await once(scanner, 'close')
  try {
    return JSON.parse(said)
  } catch {
    throw new Error(said)
  }
}

it('a scanner is shut out after a handful of tries, and a softphone goes on', { timeout: 60_000 }, async context => {
  needsOtherMachine(context)
  const { tls } = stage.asterisk.switch
  if (tls === undefined) throw new Error('the network is not let in')
  const phone = await startPhone({
    ...{ server: tls, account: stage.asterisk.account('room1'), address: machine.here },
    ...{ secure: true, register: true },
  })
  await phone.dial(numbers.echo)
  const ended = await scan(tls.port)
  const heardMs = phone.heardSoFar().length / 8
  await phone.hangUp()
  await phone.dial(numbers.echo)
  await phone.hangUp()
  const { packets } = await phone.quit()

  const security = stage.asterisk.switch.security()
  console.log(
    `of ${tries} tries: ${JSON.stringify(ended)}; offences: ${JSON.stringify([...(security?.offences ?? [])])}; ` +
      `the softphone heard ${Math.round(heardMs)} ms meanwhile, ${packets.received} packets in all`,
  )
  expect(security?.blocks).toMatchObject([{ address: machine.there, seconds: 60 }])
  expect(stage.asterisk.log.join('\n')).toContain(`${machine.there} is shut out for 60 s`)
  // What Asterisk answered, which is all that it heard.
  expect(ended['401']).toBeGreaterThan(3)
  expect(ended['401']).toBeLessThan(20)
  expect((ended['refused'] ?? 0) + (ended['thrown out'] ?? 0)).toBeGreaterThan(tries - 20)
  expect(packets.received).toBeGreaterThan(20)
})
