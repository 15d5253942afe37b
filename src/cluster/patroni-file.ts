/**
 * The file of a member's Patroni (3.0). What it promises: a commit that was answered is on two disks (`synchronous_mode_strict`), and whoever
 * becomes primary has it.
 */
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type ClusterPlan, type Member, memberFiles } from './plan.ts'

/** Who creates tables and nothing else is `tonebank`. */
const roles = { superuser: 'postgres', replication: 'replicator', rewind: 'rewinder' } as const

/**
 * Of the whole cluster, kept in etcd from its first start on (`patronictl edit-config` afterwards). `ttl` has 20 s as its least: so long
 * a primary that is cut off may believe that it is one. With the usual `primary_start_timeout` a primary whose process died may be started again in its place for 300 s.
 */
const dynamic = {
  ...{ ttl: 20, loop_wait: 1, retry_timeout: 3, primary_start_timeout: 0 },
  ...{ synchronous_mode: true, synchronous_mode_strict: true },
  postgresql: {
    // Without slots a standby follows a new primary as soon as there is one: Patroni makes them two loops later, and meanwhile nothing is confirmed.
    ...{ use_pg_rewind: true, use_slots: false },
    parameters: {
      // Of a standby that says nothing any more, so that another one confirms instead.
      ...{ wal_sender_timeout: '5s', wal_receiver_timeout: '5s' },
      // Connections of machines that are cut off end, too.
      ...{ tcp_user_timeout: '5s', tcp_keepalives_idle: 5, tcp_keepalives_interval: 1, tcp_keepalives_count: 5 },
      // A standby that found the new primary not ready yet would try again after 5 s, for which nothing is confirmed.
      wal_retrieve_retry_interval: '250ms',
      ...{ wal_log_hints: 'on', hot_standby: 'on', max_connections: 200, max_wal_senders: 10 },
      // What a member that is away may miss. One that missed more is made anew (`patronictl reinit`) rather than filling the primary's disk.
      wal_keep_size: '4GB',
    },
  },
}

export function patroniFile(plan: ClusterPlan, member: Member): string {
  const { scope, members, postgresPrograms, passwords } = plan
  const { name, address, ports, files, data } = member
  const [certificate, privateKey, authority] = [
    join(files, memberFiles.certificate),
    join(files, memberFiles.privateKey),
    join(files, memberFiles.authority),
  ]
  const verified = { sslmode: 'verify-full', sslrootcert: authority }
  const at = `${address}:${ports.patroni}`
  // Debian's own, which Patroni is run by.
  const mayLead = ['/usr/bin/python3', join(files, memberFiles.mayLead), join(files, memberFiles.patroni)]
  const psql = [join(postgresPrograms, 'psql'), '-X', '-q', '-v', 'ON_ERROR_STOP=1']
  return stringify(
    {
      ...{ scope, name },
      restapi: {
        ...{ listen: at, connect_address: at, certfile: certificate, keyfile: privateKey, cafile: authority },
        verify_client: 'required',
        authentication: { username: 'patroni', password: passwords.patroni.reveal() },
      },
      ctl: { cacert: authority, certfile: certificate, keyfile: privateKey },
      // Version 2 of its interface, where a leader renews its key on condition that it is still its own. By version 3, Patroni 3.0 writes it
      // without one: a machine whose wire was pulled took the lead again when it was back, and what was answered meanwhile was gone.
      etcd: {
        // Its own machine's first.
        hosts: [member, ...members.filter(each => each !== member)].map(
          each => `${each.address}:${each.ports.etcdClients}`,
        ),
        ...{ use_proxies: true, protocol: 'https', cacert: authority, cert: certificate, key: privateKey },
      },
      bootstrap: {
        dcs: dynamic,
        initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
        // Patroni adds how it is reached.
        post_bootstrap: command(...mayLead, 'made', ...psql, '-f', join(files, memberFiles.firstStatements), '-d'),
      },
      postgresql: {
        ...{ listen: `${address}:${ports.postgres}`, connect_address: `${address}:${ports.postgres}` },
        ...{ data_dir: join(data, 'postgresql'), bin_dir: postgresPrograms, pgpass: join(data, 'pgpass') },
        // Otherwise a standby is copied only after the primary's next checkpoint, in up to five minutes.
        basebackup: [{ checkpoint: 'fast' }],
        ...{ use_unix_socket: true, use_unix_socket_repl: true },
        pre_promote: command(...mayLead),
        authentication: {
          superuser: { username: roles.superuser, password: passwords.superuser.reveal(), ...verified },
          replication: { username: roles.replication, password: passwords.replication.reveal(), ...verified },
          rewind: { username: roles.rewind, password: passwords.rewind.reveal(), ...verified },
        },
        parameters: {
          unix_socket_directories: data,
          password_encryption: 'scram-sha-256',
          ...{ ssl: 'on', ssl_cert_file: certificate, ssl_key_file: privateKey, ssl_ca_file: authority },
          ssl_min_protocol_version: 'TLSv1.2',
        },
        pg_hba: whoMayConnect(members),
      },
    },
    { lineWidth: 0 },
  )
}

/** As Patroni takes it apart: by the rules of a POSIX shell (Python's `shlex`). */
function command(...words: readonly string[]): string {
  return words.map(word => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(' ')
}

/** By TLS and password alone; the roles of the cluster itself from its own machines alone. */
function whoMayConnect(members: readonly Member[]): string[] {
  const own = [...new Set(members.map(({ address }) => `${address}/32`))]
  return [
    `local all,replication ${Object.values(roles).join(',')} scram-sha-256`,
    ...own.flatMap(from => [
      `hostssl replication ${roles.replication} ${from} scram-sha-256`,
      `hostssl all ${roles.superuser},${roles.rewind} ${from} scram-sha-256`,
    ]),
    'hostssl tonebank tonebank all scram-sha-256',
  ]
}

/** What the first primary is told once, before anybody else is let in. */
export function firstStatements({ passwords }: ClusterPlan): string {
  return `CREATE ROLE tonebank LOGIN PASSWORD '${passwords.tonebank.reveal()}';
CREATE DATABASE tonebank OWNER tonebank;
REVOKE ALL ON DATABASE tonebank FROM PUBLIC;
`
}
