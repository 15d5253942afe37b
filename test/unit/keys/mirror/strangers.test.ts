/** Who is no machine of the institution gets nothing from one that is, and is told nothing by it. */
import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from '../../../../src/keys/certificate.ts'
import { framed } from '../../../../src/keys/mirror/frames.ts'
import { machineKey } from '../../../../src/keys/mirror/machine-key.ts'
import { UnknownMachine } from '../../../../src/keys/mirror/open-mirrored.ts'
import { encodeRequest } from '../../../../src/keys/mirror/requests.ts'
import { wayTo } from '../../../../src/keys/mirror/way.ts'
import { MirrorAway } from '../../../../src/keys/record-keys.ts'
import { systemRuntime } from '../../../../src/runtime.ts'
import { eventually, inStep, MirroredMachines, plainRecords } from '../../../support/mirrored-machines.ts'

let two: MirroredMachines
let others: MirroredMachines
beforeEach(async () => {
  two = await MirroredMachines.make()
  others = await MirroredMachines.make()
})
afterEach(async () => {
  await two.end()
  await others.end()
})

const identityOf = (of: MirroredMachines, name: 'a' | 'b') =>
  selfSigned(machineKey(systemRuntime, of.folder(name)).privateKey)
const placeOf = (name: 'a' | 'b') => {
  const place = two.machines[name === 'a' ? 0 : 1]
  if (place === undefined) throw new Error('there are two')
  return { ...place, pinned: Buffer.from(place.key, 'hex') }
}
const times = { connectMs: 3_000, answerMs: 3_000 }
const hello = { ask: 'hello', version: 1, institution: 'harbour' } as const

/** What a machine answers who says hello and asks for every name, whoever it is. */
function heardBy(as: ConnectionOptions): Promise<Buffer> {
  return new Promise(resolve => {
    const heard: Buffer[] = []
    const { host, port } = placeOf('b')
    const socket = connect({ host, port, rejectUnauthorized: false, ...as })
    for (const request of [hello, { ask: 'names', after: '', upto: null } as const])
      socket.write(framed(encodeRequest(request)))
    socket.on('data', piece => heard.push(piece))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(heard)))
  })
}

test('the other machine is answered, a stranger is not, nor a machine of others or the machine itself', async () => {
  await two.start('b')
  const known = await wayTo(systemRuntime, placeOf('b'), identityOf(two, 'a'), times)
  expect(await known.ask(hello)).toBe('done')
  for (const identity of [identityOf(others, 'a'), identityOf(two, 'b')])
    expect(await heardBy({ cert: identity.certificate, key: identity.privateKey })).toHaveLength(0)
  expect(await heardBy({})).toHaveLength(0)
  expect(await known.ask({ ask: 'names', after: '', upto: null })).toEqual([])
  known.close()
})

test('who has another key than the pinned one is told nothing, though it listens where the mirror should', async () => {
  const place = placeOf('b')
  const impostor = others.start('b', [
    placeOf('a'),
    { ...place, key: machineKey(systemRuntime, others.folder('b')).pin },
  ])
  const b = await impostor
  const a = await two.serve('a')
  expect(a.standing().why).toContain('does not have the key that is pinned')
  await a.seal(plainRecords('letter'))
  await expect(a.sealOnBoth(plainRecords('one'))).rejects.toThrow(MirrorAway)
  expect(await b.all()).toEqual([])
})

test('a machine that neither of the two is does not begin, and says which key it has', async () => {
  const began = others.start('a', two.machines)
  await expect(began).rejects.toThrow(UnknownMachine)
  await expect(began).rejects.toThrow(machineKey(systemRuntime, others.folder('a')).pin)
})

test('half-open connections, and a frame longer than any, keep the other machine from nothing', async () => {
  await two.start('b')
  const { host, port } = placeOf('b')
  const open = Array.from({ length: 150 }, () => connectPlain({ host, port }).on('error', () => {}))
  const known = await wayTo(systemRuntime, placeOf('b'), identityOf(two, 'a'), times)
  expect(await known.ask(hello)).toBe('done')
  known.close()
  const { certificate, privateKey } = identityOf(two, 'a')
  const rude = connect({ host, port, rejectUnauthorized: false, cert: certificate, key: privateKey })
  rude.on('error', () => {})
  rude.write(Buffer.from('7fffffff', 'hex'))
  await eventually('it hangs up', () => rude.destroyed)
  const a = await two.serve('a')
  await inStep(a)
  await a.sealOnBoth(plainRecords('one'))
  for (const socket of open) socket.destroy()
})
