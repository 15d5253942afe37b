import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
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

async function whileBusy<T>(port: number, work: () => Promise<T>): Promise<T> {
  const squatter = createSocket('udp4')
  await new Promise<void>(resolve => squatter.bind(port, '127.0.0.1', resolve))
  try {
    return await work()
  } finally {
    await new Promise<void>(resolve => squatter.close(resolve))
  }
}

test('ports and passwords are drawn once, kept for the owner alone, and no two ports are the same', async () => {
  const first = await open()
  expect(await open()).toEqual(first)
  const path = join(dataFolder, 'switch/installation.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(first)
  const { sip, tls, ari, manager } = first.ports
  expect(new Set([sip, tls, ari, manager]).size).toBe(4)
  expect(first.phonePasswords['desk1']).toMatch(/^[a-z0-9]{16}$/)
})

test('a newcomer gets a password, and the others keep theirs', async () => {
  const first = await open()
  const second = await open({ institutions: ['harbour', 'lantern'] })
  expect(second.ariPasswords['harbour']).toBe(first.ariPasswords['harbour'])
  expect(second.ariPasswords['lantern']).not.toBe(second.ariPasswords['harbour'])
})

test('a kept port that is busy is replaced and told, unless Asterisk runs on it elsewhere', async () => {
  const { sip } = (await open()).ports
  await whileBusy(sip, async () => {
    expect((await open({ trustKeptPorts: true })).ports.sip).toBe(sip)
    expect(moved).toEqual([])
    const replaced = (await open()).ports.sip
    expect(replaced).not.toBe(sip)
    expect(moved).toEqual([`SIP ${sip} ${replaced}`])
  })
})

test('a busy port is never drawn for a new installation, wherever Asterisk will run', async () => {
  const { sip } = (await open()).ports
  rmSync(join(dataFolder, 'switch'), { recursive: true })
  await whileBusy(sip, async () => {
    await expect(open({ trustKeptPorts: true, ports: { sip } })).rejects.toThrow(PortBusy)
    expect((await open({ trustKeptPorts: true })).ports.sip).not.toBe(sip)
  })
})
