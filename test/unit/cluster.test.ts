/** What `writeCluster` writes: what etcd, Patroni, systemd and an installation read, and that secrets are their owner's alone. */
import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { isWhole, type MemberState } from '../../src/cluster/patroni.ts'
import { patroniFile } from '../../src/cluster/patroni-file.ts'
import { type ClusterPlan, drawPasswords, type Member, usualPorts } from '../../src/cluster/plan.ts'
import { writeCluster } from '../../src/cluster/write.ts'
import { parseInstallation } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'

let folder: string
let plan: ClusterPlan
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-cluster-'))
  const members = [1, 2, 3].map(i => ({
    ...{ name: `books-${i}`, address: `192.0.2.${i}`, ports: usualPorts },
    ...{ files: '/etc/tonebank-cluster', data: '/var/lib/tonebank-cluster' },
  }))
  const passwords = drawPasswords(systemRuntime)
  plan = { scope: 'tonebank', members, postgresPrograms: '/usr/lib/postgresql/15/bin', passwords }
  await writeCluster(plan, folder, 'openssl')
})
afterAll(() => rmSync(folder, { recursive: true }))

const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8')

test('a commit is on two disks, and a primary that died is not waited for', () => {
  const { bootstrap } = parse(read('books-1', 'patroni.yaml'))
  expect(bootstrap.dcs).toMatchObject({
    ...{ ttl: 20, loop_wait: 1, retry_timeout: 3, primary_start_timeout: 0 },
    ...{ synchronous_mode: true, synchronous_mode_strict: true },
    postgresql: { parameters: { wal_sender_timeout: '5s' } },
  })
})

test('before a member is promoted it is asked whether it may lead', () => {
  const program = '/etc/tonebank-cluster/may-lead.py /etc/tonebank-cluster/patroni.yaml'
  expect(parse(read('books-3', 'patroni.yaml')).postgresql.pre_promote).toBe(`/usr/bin/python3 ${program}`)
  expect(readdirSync(join(folder, 'books-3'))).toEqual(expect.arrayContaining(['may-lead.py', 'catch_up.py']))
})

test('who makes the cluster is written down before it is told its first statements', () => {
  const { post_bootstrap } = parse(read('books-1', 'patroni.yaml')).bootstrap
  expect(post_bootstrap).toMatch(/may-lead\.py \S+patroni\.yaml made \S+psql .*-f \S+first\.sql -d$/)
})

test('Patroni takes its commands apart into the same paths, whatever a folder is called', () => {
  const files = `/srv/the bank's "books" $HOME`
  const member = { ...(plan.members[0] as Member), files }
  const { postgresql, bootstrap } = parse(patroniFile({ ...plan, members: [member] }, member))
  const taken = (command: string): string[] => {
    const program = 'import json, shlex, sys; print(json.dumps(shlex.split(sys.argv[1])))'
    return JSON.parse(execFileSync('/usr/bin/python3', ['-c', program, command], { encoding: 'utf8' }))
  }
  const asked = ['/usr/bin/python3', `${files}/may-lead.py`, `${files}/patroni.yaml`]
  expect(taken(postgresql.pre_promote)).toEqual(asked)
  expect(taken(bootstrap.post_bootstrap)).toEqual(expect.arrayContaining([...asked, 'made', `${files}/first.sql`]))
})

test('what a machine that was away has missed is kept up to a bound, and no standby waits for a slot of its own', () => {
  const { parameters, use_slots } = parse(read('books-1', 'patroni.yaml')).bootstrap.dcs.postgresql
  expect([use_slots, parameters.wal_keep_size]).toEqual([false, '4GB'])
})

test('nothing starts before the clock is set: etcd compares the ends of keys by the wall clock', () => {
  for (const name of ['tonebank-etcd.service', 'tonebank-patroni.service'])
    for (const key of ['Wants', 'After'])
      expect(read('books-1', name)).toMatch(new RegExp(`^${key}=.*\\btime-sync\\.target\\b`, 'm'))
})

test('nobody connects without TLS and a password', () => {
  const { postgresql } = parse(read('books-2', 'patroni.yaml'))
  expect(postgresql.pg_hba.every((line: string) => /^(hostssl|local) .* scram-sha-256$/.test(line))).toBe(true)
  const etcd = parse(read('books-2', 'etcd.yaml'))
  for (const ways of ['client-transport-security', 'peer-transport-security'])
    expect(etcd[ways]['client-cert-auth']).toBe(true)
})

test('files with secrets are their owner’s alone, and no file has a password that is not its business', () => {
  for (const name of ['books-1', 'books-2', 'books-3', 'installation']) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o700)
    const open = readdirSync(join(folder, name)).filter(file => (statSync(join(folder, name, file)).mode & 0o077) !== 0)
    expect(open.filter(file => !/\.(pem|service|py)$|^keeper\.yaml$/.test(file))).toEqual([])
  }
  expect(read('installation', 'keeper-password').trim()).toBe(plan.passwords.tonebank.reveal())
  expect(readdirSync(join(folder, 'installation'))).toHaveLength(3)
})

test('each machine has a certificate of its address, which the authority vouches for', () => {
  for (const { name, address } of plan.members) {
    const certificate = new X509Certificate(read(name, 'member.pem'))
    expect(certificate.checkIP(address)).toBe(address)
    expect(certificate.verify(new X509Certificate(read('ca.pem')).publicKey)).toBe(true)
    execFileSync('openssl', ['verify', '-CAfile', join(folder, 'ca.pem'), join(folder, name, 'member.pem')])
  }
})

test('an installation takes what is written for it', () => {
  const text = `${read('installation', 'keeper.yaml')}institutions: []\n`
  const { keeper } = parseInstallation(join(folder, 'installation/tonebank.yaml'), text)
  expect(keeper?.hosts).toEqual(plan.members.map(({ address }) => ({ host: address, port: 5_432 })))
  expect(keeper?.tls).toEqual({ ca: 'keeper-ca.pem' })
})

test('systemd finds nothing wrong with the units', context => {
  context.skip(spawnSync('systemd-analyze', ['--version']).status !== 0, 'no systemd-analyze')
  for (const name of ['tonebank-etcd.service', 'tonebank-patroni.service']) {
    const file = join(folder, 'books-1', name)
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8', timeout: 20_000 })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }
})

test('it is whole when one leads, another confirms, and all are there', () => {
  const member = (name: string, role: string, state = 'running'): MemberState => ({ name, role, state })
  const all = [member('a', 'leader'), member('b', 'sync_standby'), member('c', 'replica')]
  expect(isWhole(all, 3)).toBe(true)
  expect(isWhole(all.slice(0, 2), 3)).toBe(false)
  expect(isWhole([member('a', 'leader'), member('b', 'replica'), member('c', 'replica')], 3)).toBe(false)
  expect(isWhole([...all.slice(0, 2), member('c', 'replica', 'stopped')], 3)).toBe(false)
})
