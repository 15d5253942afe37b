/** Who may become primary, by what an etcd of the test's own has: written as Patroni writes it, over the cluster's certificates. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
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
function ask(method: 'GET' | 'PUT' | 'DELETE', key: string, value = ''): Promise<number> {
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

/** Who was allowed to lead last. */
const led = (name: string) => ask('PUT', 'led', name)

/** More than etcd keeps of its history. */
async function forget(): Promise<void> {
  for (let i = 0; i < 1_001; i++) await ask('PUT', 'members/z', String(i))
}

const run = (...args: string[]) => {
  const files = [memberFiles.mayLead, memberFiles.patroni].map(name => join(member.files, name))
  return spawnSync('/usr/bin/python3', [...files, ...args], { encoding: 'utf8', timeout: 20_000 })
}
/** As Patroni has it asked: what it writes into `/sync` before. */
async function asks(name: string) {
  as(name)
  await sync(name, null)
  return run()
}
const refused = (stderr: string) => ({ status: 1, stderr: `${stderr}\n` })
const unknownSince = (name: string, last: string) =>
  refused(
    `${name} must not lead: ${last} was allowed to lead last, and nobody knows who led after it; a person chooses`,
  )

test('who confirmed what the last one committed may lead, and who led last', async () => {
  await led('y')
  await sync('y', 'z, x')
  expect(await asks('x')).toMatchObject({ status: 0, stderr: 'x may lead: it has what was committed\n' })
  expect(await storedAt('led')).toBe('x')
  await sync('x', 'z')
  expect((await asks('x')).status).toBe(0)
  expect((await asks('x')).status).toBe(0)
  expect(await asks('z')).toMatchObject(refused('z must not lead: x led last, and nobody confirmed'))
})

test('who may lead does, whatever the others’ places are said to be, and says why it fetched nothing', async () => {
  await led('y')
  await sync('y', 'x')
  await ask('PUT', 'members/z', '7')
  const { status, stderr } = await asks('x')
  expect([status, stderr]).toEqual([0, expect.stringContaining('x could not catch up with the others: TypeError')])
  await sync('y', 'x')
  await led('y')
  await ask('PUT', 'members/z', JSON.stringify({ conn_url: 'postgres://127.0.0.1:1/postgres' }))
  expect(await asks('x')).toMatchObject({ status: 0, stderr: 'x may lead: it has what was committed\n' })
})

test('who made the cluster has led until another is allowed to, also when it is made a second time', async () => {
  as('y')
  expect(run('made', 'true').status).toBe(0)
  as('x')
  const { status, stdout } = run('made', 'sh', '-c', 'echo "$0"; exit 3', 'dsn with spaces')
  expect({ status, stdout }).toEqual({ status: 3, stdout: 'dsn with spaces\n' })
  expect([await storedAt('led'), JSON.parse(await storedAt('sync'))]).toEqual([
    'x',
    { leader: 'x', sync_standby: null },
  ])
  expect(await asks('y')).toMatchObject(refused('y must not lead: x led last, and nobody confirmed'))
  expect((await asks('x')).status).toBe(0)
})

test('another may not, however often it has written itself there; those who may are named again', async () => {
  await led('y')
  await sync('y', null)
  await sync('y', 'z')
  await sync('x', null)
  for (let i = 0; i < 2; i++) {
    expect(await asks('x')).toMatchObject(refused('x must not lead: y led last, and z confirmed'))
    expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'y', sync_standby: 'z' })
  }
  expect((await asks('z')).status).toBe(0)
})

test('where nobody has confirmed yet, who led last may alone, also when others have tried meanwhile', async () => {
  await sync('x', 'y')
  await led('y')
  await sync('y', null)
  expect(await asks('x')).toMatchObject(refused('x must not lead: y led last, and nobody confirmed'))
  expect((await asks('y')).status).toBe(0)
  expect(await asks('z')).toMatchObject(refused('z must not lead: y led last, and nobody confirmed'))
})

test('one failover after the other, back and forth', async () => {
  as('x')
  run('made', 'true')
  for (const [leader, standby] of ['xy', 'yx', 'xz', 'zx', 'xz'].map(pair => [...pair])) {
    await sync(leader as string, standby as string)
    expect((await asks(standby as string)).status).toBe(0)
  }
})

test('where the answer to a permission was lost, it is asked for again', async () => {
  await sync('y', 'x')
  await sync('x', null)
  await led('x')
  expect(run()).toMatchObject({ status: 0 })
})

test('nobody may where another has led without having been allowed: neither it nor who confirmed, and least of all who was', async () => {
  // It died before it was promoted; `y`, which led before, took the key again, and led for long.
  await sync('x', null)
  await led('x')
  await sync('y', null)
  await sync('y', 'z')
  expect(await asks('z')).toMatchObject(unknownSince('z', 'x'))
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'z', sync_standby: null })
  for (const name of ['x', 'x', 'y', 'z'])
    expect(await asks(name)).toMatchObject(
      refused(`${name} must not lead: nobody knows who led last; a person chooses`),
    )
})

test('who was allowed last and asked in vain does not become the last word by that', async () => {
  await led('x')
  await sync('y', 'z')
  // Its Patroni ended before it was answered.
  await sync('x', null)
  expect(await asks('x')).toMatchObject(unknownSince('x', 'x'))
})

test('who leads next needs the word of the one that was allowed last', async () => {
  await led('x')
  await sync('x', 'y')
  expect((await asks('y')).status).toBe(0)
  await sync('y', 'z')
  expect(await asks('x')).toMatchObject(refused('x must not lead: y led last, and z confirmed'))
  expect((await asks('z')).status).toBe(0)
})

test('how long ago the last word was said does not matter, but that nothing between is forgotten', async () => {
  await led('x')
  await sync('x', 'y')
  await forget()
  expect((await asks('y')).status).toBe(0)
  await sync('z', null)
  await forget()
  expect(await asks('y')).toMatchObject(unknownSince('y', 'y'))
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'y', sync_standby: null })
  expect((await asks('y')).status).toBe(1)
})

test('nobody may of whose cluster nothing is known, such as when etcd was made anew', async () => {
  expect(run().status).toBe(1)
  for (let i = 0; i < 2; i++)
    expect(await asks('x')).toMatchObject(refused('x must not lead: nobody knows who led last; a person chooses'))
  etcd.kill('SIGSTOP')
  const { status, stderr } = run()
  etcd.kill('SIGCONT')
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('no etcd answers with a quorum') })
})

test('an etcd whose answer is cut off is passed over', async () => {
  await led('y')
  await sync('y', 'x')
  await sync('x', null)
  const tls = {
    key: readFileSync(join(member.files, memberFiles.privateKey)),
    cert: readFileSync(join(member.files, memberFiles.certificate)),
  }
  const cutOff = createServer(tls, socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"node":'))
  })
  const port = await new Promise<number>(resolve => {
    cutOff.listen(0, '127.0.0.1', () => resolve((cutOff.address() as AddressInfo).port))
  })
  const file = join(member.files, memberFiles.patroni)
  const before = readFileSync(file, 'utf8')
  const config = parse(before)
  config.etcd.hosts.unshift(`127.0.0.1:${port}`)
  writeFileSync(file, stringify(config))
  try {
    const { stderr } = await promisify(execFile)('/usr/bin/python3', [join(member.files, memberFiles.mayLead), file])
    expect(stderr).toMatch(/IncompleteRead.*\nx may lead: it has what was committed\n$/)
  } finally {
    writeFileSync(file, before)
    cutOff.close()
  }
})

test('a person chooses who leads, of those whose Patroni runs, while no other has the key', async () => {
  // The disk of `x` is gone, which was allowed last; `y` has all that was answered.
  await led('x')
  await sync('x', null)
  expect(await asks('y')).toMatchObject(refused('y must not lead: x led last, and nobody confirmed'))
  expect(run('choose', 'y').stderr).toBe('y must not lead: no Patroni of that name runs\n')
  await ask('PUT', 'members/y', '{}')
  await ask('PUT', 'leader', 'z')
  expect(run('choose', 'y')).toMatchObject({ status: 1, stderr: expect.stringContaining("z has the leader's key") })
  expect(await storedAt('led')).toBe('x')
  await ask('DELETE', 'leader')
  expect(run('choose', 'y')).toMatchObject({ status: 0, stderr: 'y may lead: it is chosen\n' })
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'y', sync_standby: null })
  expect(await asks('x')).toMatchObject(refused('x must not lead: y led last, and nobody confirmed'))
  expect((await asks('y')).status).toBe(0)
})

test('of a cluster that was written before, who leads is written down while it leads, and the next failover goes on from there', async () => {
  await ask('PUT', 'members/y', '{}')
  await ask('PUT', 'leader', 'y')
  await sync('y', 'z')
  expect(run('choose', 'y').status).toBe(0)
  expect(JSON.parse(await storedAt('sync'))).toEqual({ leader: 'y', sync_standby: 'z' })
  expect((await asks('z')).status).toBe(0)
})
