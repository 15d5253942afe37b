/** A cluster of PostgreSQL as it is wanted: its machines, where on them everything lies, and the passwords by which its parts know each other. */
import { toHex } from '../bytes.ts'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'

/** A machine that runs one etcd, one Patroni and one PostgreSQL. */
export interface Member {
  /** Of letters, digits and hyphens. */
  readonly name: string
  /** IPv4, at which the other machines reach it. */
  readonly address: string
  readonly ports: MemberPorts
  /** On that machine: what `writeCluster` writes for it, and what its programs keep. Whole paths. */
  readonly files: string
  readonly data: string
}

export interface MemberPorts {
  readonly postgres: number
  readonly patroni: number
  readonly etcdClients: number
  readonly etcdPeers: number
}

/** Those by which people know them. */
export const usualPorts: MemberPorts = { postgres: 5_432, patroni: 8_008, etcdClients: 2_379, etcdPeers: 2_380 }

export interface ClusterPlan {
  /** What Patroni calls it. */
  readonly scope: string
  /** Three, or another odd number: etcd decides by a majority. */
  readonly members: readonly Member[]
  /** The folder of PostgreSQL's programs. */
  readonly postgresPrograms: string
  readonly passwords: ClusterPasswords
}

export interface ClusterPasswords {
  readonly superuser: Secret
  readonly replication: Secret
  readonly rewind: Secret
  /** Of Patroni's own HTTP interface, beside its certificate. */
  readonly patroni: Secret
  /** Of the role that keeps the books. */
  readonly tonebank: Secret
}

/** Where in a member's folder `writeCluster` puts what. */
export const memberFiles = {
  etcd: 'etcd.yaml',
  patroni: 'patroni.yaml',
  firstStatements: 'first.sql',
  mayLead: 'may-lead.py',
  catchUp: 'catch_up.py',
  authority: 'ca.pem',
  certificate: 'member.pem',
  privateKey: 'member.key',
} as const

export function drawPasswords(runtime: Runtime): ClusterPasswords {
  // Of digits and letters alone: they stand in files of several grammars.
  const draw = () => new Secret(toHex(runtime.random(24)))
  return { superuser: draw(), replication: draw(), rewind: draw(), patroni: draw(), tonebank: draw() }
}
