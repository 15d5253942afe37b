import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { type InstallationWishes, openInstallation } from '../../../src/switch/installation.ts'
import { PortBusy } from '../../../src/switch/ports.ts'

let dataFolder: string
const moved: string[] = []

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'tonebank-installation-'))
  moved.length = 0
})

afterEach(() => rmSync(dataFolder, { recursive: true, force: true }))

const open = (wishes: Partial<InstallationWishes> = {}) =>
  openInstallation(
    {
      dataFolder,
      institutions: ['harbour'],
      phones: ['desk1'],
      ports: {},
      tlsHost: undefined,
      customaryPorts: false,
      trustKeptPorts: false,
      onPortMoved: (what, from, to) => moved.push(`${what} ${from} ${to}`),
      ...wishes,
    },
    systemRuntime,
  )

async function whileBusy<T>(port: number, work: () => Promise<T>, protocol: 'udp' | 'tcp' = 'udp'): Promise<T> {
  const squatter = protocol === 'udp' ? createSocket('udp4') : createServer()
  await new Promise<void>(resolve => {
    if ('bind' in squatter) squatter.bind(port, '127.0.0.1', resolve)
    else squatter.listen(port, '127.0.0.1', resolve)
  })
  try {
    return await work()
  } finally {
    await new Promise<void>(resolve => squatter.close(() => resolve()))
  }
}

test('ports and passwords are drawn once, kept for the owner alone, and no two ports are the same', async () => {
  const first = await open()
  expect(await open()).toEqual(first)
  const path = join(dataFolder, 'switch/installation.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(first)
  const { sip, asteriskSip, tls, ari, manager } = first.ports
  expect(new Set([sip, asteriskSip, tls, ari, manager]).size).toBe(5)
  expect(first.phonePasswords['desk1']).toMatch(/^[a-z0-9]{16}$/)
})

test('a newcomer gets a password, and the others keep theirs', async () => {
  const first = await open()
  const second = await open({ institutions: ['harbour', 'lantern'] })
  expect(second.ariPasswords['harbour']).toBe(first.ariPasswords['harbour'])
  expect(second.ariPasswords['lantern']).not.toBe(second.ariPasswords['harbour'])
})

test('a kept port that is busy is replaced and told, unless Asterisk runs on it elsewhere', async () => {
  const { ari } = (await open()).ports
  await whileBusy(
    ari,
    async () => {
      expect((await open({ trustKeptPorts: true })).ports.ari).toBe(ari)
      expect(moved).toEqual([])
      const replaced = (await open()).ports.ari
      expect(replaced).not.toBe(ari)
      expect(moved).toEqual([`ARI ${ari} ${replaced}`])
    },
    'tcp',
  )
})

test('the port that telephones call is ours, wherever Asterisk runs', async () => {
  const { sip } = (await open()).ports
  await whileBusy(sip, async () => {
    const replaced = (await open({ trustKeptPorts: true })).ports.sip
    expect(replaced).not.toBe(sip)
    expect(moved).toEqual([`SIP ${sip} ${replaced}`])
  })
})

test('an installation from before the edge gets the port that it lacks, and keeps the others', async () => {
  const first = await open()
  const { asteriskSip: _, ...older } = first.ports
  writeFileSync(join(dataFolder, 'switch/installation.json'), JSON.stringify({ ...first, ports: older }))
  const { asteriskSip, ...others } = (await open()).ports
  expect(asteriskSip).toBeGreaterThan(0)
  expect(others).toEqual(older)
})

test('a busy port is never drawn for a new installation, wherever Asterisk will run', async () => {
  const { sip } = (await open()).ports
  rmSync(join(dataFolder, 'switch'), { recursive: true })
  await whileBusy(sip, async () => {
    await expect(open({ trustKeptPorts: true, ports: { sip } })).rejects.toThrow(PortBusy)
    expect((await open({ trustKeptPorts: true })).ports.sip).not.toBe(sip)
  })
})

test('each of several Asterisk knows Kamailio by a key of its own, another at each start', async () => {
  const keys = [await open({ asterisks: 2 }), await open({ asterisks: 2 })].flatMap(each => each.balancerKeys ?? [])
  expect(keys).toHaveLength(4)
  expect(new Set(keys).size).toBe(4)
})
