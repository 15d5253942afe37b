/** Writes what each machine of a cluster needs into a folder, and what an installation needs to use it. */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { etcdFile } from './etcd-file.ts'
import { firstStatements, patroniFile } from './patroni-file.ts'
import { type ClusterPlan, memberFiles } from './plan.ts'
import { unitFiles } from './unit-files.ts'

const programs = [memberFiles.mayLead, memberFiles.catchUp]

/** What of it an installation's file names, beside it. */
const installationFiles = { ca: 'keeper-ca.pem', password: 'keeper-password' } as const

/**
 * A folder for each member by its name, to be put where the member's `files` says; `installation/` for the machines of institutions; the authority's key.
 * `openssl`: the program.
 */
export async function writeCluster(plan: ClusterPlan, folder: string, openssl: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await makeAuthority(openssl, folder)
  for (const member of plan.members) {
    const own = join(folder, member.name)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    await makeCertificate(openssl, folder, own, member)
    copyFileSync(join(folder, memberFiles.authority), join(own, memberFiles.authority))
    writeSecret(join(own, memberFiles.etcd), etcdFile(plan, member))
    writeSecret(join(own, memberFiles.patroni), patroniFile(plan, member))
    writeSecret(join(own, memberFiles.firstStatements), firstStatements(plan))
    for (const name of programs) copyFileSync(fileURLToPath(new URL(`./${name}`, import.meta.url)), join(own, name))
    for (const [name, text] of Object.entries(unitFiles(member))) writeFileSync(join(own, name), text)
  }
  const installation = join(folder, 'installation')
  mkdirSync(installation, { recursive: true, mode: 0o700 })
  copyFileSync(join(folder, memberFiles.authority), join(installation, installationFiles.ca))
  writeSecret(join(installation, installationFiles.password), `${plan.passwords.tonebank.reveal()}\n`)
  writeFileSync(join(installation, 'keeper.yaml'), stringify({ keeper: keeperOf(plan) }))
}

/** As it stands in an installation's file, with `installationFiles` beside that file. */
export function keeperOf({ members }: ClusterPlan) {
  return {
    hosts: members.map(({ address, ports }) => ({ host: address, port: ports.postgres })),
    ...{ database: 'tonebank', user: 'tonebank', passwordFile: installationFiles.password },
    tls: { ca: installationFiles.ca },
  }
}

function writeSecret(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 })
  chmodSync(file, 0o600)
}
