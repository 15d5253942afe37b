/** `tonebank cluster containers`: what the containers of compose.cluster.yaml start from, written into their volumes once. */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ClusterPlan, drawPasswords } from '../../src/cluster/plan.ts'
import { writeCluster } from '../../src/cluster/write.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { makeMachines } from './cluster-machines.ts'
import { copyPrivate } from './copy-private.ts'

/** Each container of a member sees its own two volumes, at the same paths. */
const [files, data] = ['/etc/tonebank-cluster', '/var/lib/tonebank-cluster']

/**
 * All at one address, as `cluster demo` has it: to another one of 127.0.0.0/8 the kernel still calls from 127.0.0.1, which neither etcd nor
 * PostgreSQL takes for a member.
 */
const address = '127.0.0.1'
const memberPorts = [
  { name: 'books-1', ports: { postgres: 5_432, patroni: 8_008, etcdClients: 2_379, etcdPeers: 2_380 } },
  { name: 'books-2', ports: { postgres: 5_433, patroni: 8_009, etcdClients: 2_381, etcdPeers: 2_382 } },
  { name: 'books-3', ports: { postgres: 5_434, patroni: 8_010, etcdClients: 2_383, etcdPeers: 2_384 } },
] as const

/** Where `/health` of each machine is asked. */
const operationsPorts = { one: 8_480, two: 8_481 } as const

/** Where the machines tell each other of record keys: two ports for each institution. */
const firstMirrorPort = 7_301

/** Written last: with it all is there. */
const isMade = 'made'

/** @param folder has a folder for each member and machine, which are volumes */
export async function containers(folder: string): Promise<void> {
  const members = memberPorts.map(each => ({ ...each, address, files, data }))
  const names = [...members.map(({ name }) => name), ...Object.keys(operationsPorts)]
  const missing = names.filter(name => !existsSync(join(folder, name)))
  if (missing.length > 0) throw new CannotDo(`${resolve(folder)} has no folder ${missing.join(', ')}`)
  const made = names.filter(name => existsSync(join(folder, name, isMade)))
  if (made.length === names.length) {
    process.stdout.write('the cluster was written before\n')
    return
  }
  // Members are started when all is made; one that has the mark may have run with passwords that new ones would shut out.
  if (made.length > 0)
    throw new CannotDo(
      `${made.join(', ')} of a cluster is there, and the rest is not: docker compose -p tonebank-cluster -f compose.cluster.yaml down --volumes throws it away`,
    )
  // What signs certificates goes with it.
  const drawn = mkdtempSync(join(tmpdir(), 'tonebank-cluster-'))
  try {
    const plan: ClusterPlan = {
      scope: 'tonebank',
      members,
      postgresPrograms: '/usr/lib/postgresql/15/bin',
      passwords: drawPasswords(systemRuntime),
    }
    await writeCluster(plan, drawn, 'openssl')
    let port = firstMirrorPort
    await makeMachines(drawn, async () => port++)
    for (const [name, port] of Object.entries(operationsPorts))
      appendFileSync(join(drawn, name, 'tonebank.yaml'), `\noperations:\n  port: ${port}\n`)
    for (const name of names) place(join(drawn, name), join(folder, name))
    for (const name of names) writeFileSync(join(folder, name, isMade), '')
  } finally {
    rmSync(drawn, { recursive: true, force: true })
  }
  process.stdout.write('the cluster is written\n')
}

/** Whatever an earlier try left there goes first. The folder itself is a volume, and stays. */
function place(from: string, to: string): void {
  for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true })
  for (const name of readdirSync(from)) copyPrivate(join(from, name), join(to, name))
}
