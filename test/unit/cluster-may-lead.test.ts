/** Who may become primary, by what an etcd of the test's own has: written as Patroni writes it, over the cluster's certificates. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { drawPasswords, type Member, memberFiles } from '../../src/cluster/plan.ts'
import { writeCluster } from '../../src/cluster/write.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { freePort } from '../../src/switch/ports.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let folder: string
let member: Member
let etcd: ChildProcess
let agent: Agent
let scope = 'none'
let count = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-may-lead-'))
  const port = () => freePort(systemRuntime, 'tcp', '127.0.0.1')
  const ports = { postgres: await port(), patroni: await port(), etcdClients: await port(), etcdPeers: await port() }
  member = { name: 'x', address: '127.0.0.1', ports, files: join(folder, 'x'), data: join(folder, 'data') }
  const passwords = drawPasswords(systemRuntime)
  await writeCluster({ scope: 'tonebank', members: [member], postgresPrograms: '/none', passwords }, folder, 'openssl')
  const read = (name: string) => readFileSync(join(member.files, name))
  const [ca, cert, key] = [read(memberFiles.authority), read(memberFiles.certificate), read(memberFiles.privateKey)]
  agent = new Agent({ ca, cert, key, keepAlive: true })
  etcd = spawn('/usr/bin/etcd', ['--config-file', join(member.files, memberFiles.etcd)], { stdio: 'ignore' })
  for (const endMs = performance.now() + 20_000; performance.now() < endMs; await systemRuntime.sleep(50))
    if ((await ask('GET', 'sync').catch(() => 0)) === 404) return
  throw new Error('etcd does not answer')
})
beforeEach(() => {
  scope = `cluster-${++count}`
  as('x')
})

function as(name: string): void {
  const file = join(member.files, memberFiles.patroni)
  writeFileSync(file, stringify({ ...parse(readFileSync(file, 'utf8')), scope, name }))
}

afterAll(() => {
  etcd?.kill('SIGKILL')
  agent?.destroy()
  rmSync(folder, { recursive: true, force: true })
})

let said = ''

/** @returns the status of HTTP */
function ask(method: 'GET' | 'PUT', key: string, value = ''): Promise<number> {
  const path = `/v2/keys/service/${scope}/${key}`
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const place = { host: '127.0.0.1', port: member.ports.etcdClients, path, method, agent, headers }
  return new Promise((resolve, reject) => {
    const asked = request(place, answer => {
      said = ''
      answer.on('data', part => {
        said += part
      })
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end(method === 'PUT' ? new URLSearchParams({ value }).toString() : undefined)
  })
}

/** As Patroni has it in `/sync`. */
const sync = (leader: string, standby: string | null) =>
  ask('PUT', 'sync', JSON.stringify({ leader, sync_standby: standby }))

async function storedAt(key: string): Promise<string> {
  await ask('GET', key)
  return JSON.parse(said).node?.value
}

const mayLead = () => {
  const args = [join(member.files, memberFiles.mayLead), join(member.files, memberFiles.patroni)]
  return spawnSync('/usr/bin/python3', args, { encoding: 'utf8', timeout: 20_000 })
}

test('who confirmed what the last one committed may lead, and who led last', async () => {
  await sync('y', 'z, x')
  await sync('x', null)
  expect(mayLead()).toMatchObject({ status: 0, stderr: 'x may lead: it has what was committed\n' })
  await sync('x', 'z')
  await sync('x', null)
  expect(mayLead().status).toBe(0)
})

test('the first of a new cluster may lead', async () => {
  await sync('x', null)
  await sync('x', null)
  expect(mayLead().status).toBe(0)
})

test('another may not, however often it has written itself there; those who may are named again', async () => {
  await sync('x', 'y')
  await sync('y', null)
  await sync('y', 'z')
  await sync('x', null)
  await sync('x', null)
  expect(mayLead()).toMatchObject({ status: 1, stderr: 'x must not lead: y led last, and z confirmed\n' })
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'y', sync_standby: 'z' })
  await sync('x', null)
  expect(mayLead().status).toBe(1)
})

test('where nobody has confirmed yet, who led last may alone, also when others have tried meanwhile', async () => {
  await sync('x', 'y')
  await ask('PUT', 'led', 'y')
  await sync('y', null)
  await sync('x', null)
  expect(mayLead().stderr).toBe('x must not lead: y led last, and nobody confirmed\n')
  await sync('y', null)
  as('y')
  expect(mayLead()).toMatchObject({ status: 0 })
  await sync('z', null)
  as('z')
  expect(mayLead().stderr).toBe('z must not lead: y led last, and nobody confirmed\n')
})

test('who leads next needs the word of the one that was allowed last', async () => {
  await sync('w', 'x')
  await sync('x', null)
  expect(mayLead().status).toBe(0)
  // Of a leader that nobody has allowed.
  await sync('w', 'y')
  await sync('y', null)
  as('y')
  expect(mayLead().stderr).toBe('y must not lead: x led last, and nobody confirmed\n')
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'x', sync_standby: null })
  await sync('x', 'y')
  await sync('y', null)
  expect(mayLead().stderr).toBe('y may lead: it has what was committed\n')
})

test('where etcd does not know any more what stood there, who led last may alone', async () => {
  await ask('PUT', 'led', 'x')
  await sync('x', 'y')
  await sync('y', null)
  for (let i = 0; i < 1_001; i++) await ask('PUT', 'members/z', String(i))
  as('y')
  expect(mayLead()).toMatchObject({ status: 1, stderr: 'y must not lead: x led last, and nobody confirmed\n' })
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'x' })
  await sync('x', null)
  as('x')
  expect(mayLead().status).toBe(0)
})

test('nobody may of whose cluster nothing is known', () => {
  expect(mayLead().status).toBe(1)
  etcd.kill('SIGSTOP')
  const { status, stderr } = mayLead()
  etcd.kill('SIGCONT')
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('no etcd answers with a quorum') })
})
