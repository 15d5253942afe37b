/**
 * A PostgreSQL of the test's own: Debian's programs, a folder of its own, a port of the loopback, run by a user that is not root. It
 * syncs as in the field, asks for passwords by SCRAM, and can be killed and started again.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { KeeperPlace } from '../../src/store/keeper/place.ts'
import { freePort } from '../../src/switch/ports.ts'
import { isAlive, signalTree } from './process-tree.ts'

const installed = '/usr/lib/postgresql'
const password = 'only of this test'

export class Postgres {
  readonly folder: string
  readonly port: number
  readonly password = password
  #server: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.folder = folder
    this.port = port
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'tonebank-postgres-'))
    give(folder)
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, password)
    give(passwordFile)
    const options = ['--no-sync', '--auth', 'scram-sha-256', '--username', 'tonebank', '--pwfile', passwordFile]
    run('initdb', [...options, '--pgdata', join(folder, 'data')])
    const postgres = new Postgres(folder, await freePort(systemRuntime, 'tcp', '127.0.0.1'))
    postgres.configure(settings)
    await postgres.begin()
    return postgres
  }

  /** One that follows this one, and confirms its commits by the name `standby`. */
  async follower(settings: Readonly<Record<string, string>> = {}): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'tonebank-postgres-'))
    give(folder)
    const from = `host=127.0.0.1 port=${this.port} user=tonebank password='${password}' application_name=standby`
    run('pg_basebackup', [
      '--dbname',
      from,
      '--pgdata',
      join(folder, 'data'),
      '--write-recovery-conf',
      '--no-sync',
      '--checkpoint=fast',
    ])
    const postgres = new Postgres(folder, await freePort(systemRuntime, 'tcp', '127.0.0.1'))
    postgres.configure(settings)
    await postgres.begin()
    return postgres
  }

  place(port = this.port): KeeperPlace {
    return {
      hosts: [{ host: '127.0.0.1', port }],
      database: 'postgres',
      user: 'tonebank',
      password: new Secret(password),
    }
  }

  /** Read again by `reload`. */
  configure(settings: Readonly<Record<string, string>>): void {
    const all = {
      listen_addresses: '127.0.0.1',
      port: `${this.port}`,
      unix_socket_directories: this.folder,
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'`)
    writeFileSync(join(this.folder, 'data/postgresql.auto.conf'), `${lines.join('\n')}\n${this.#replication()}`)
  }

  async begin(): Promise<void> {
    const server = spawn(program('postgres'), ['-D', join(this.folder, 'data')], {
      ...asUser(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#server = server
    let said = ''
    server.stderr?.on('data', text => {
      said += text
    })
    for (let tries = 0; tries < 400; tries++) {
      if (
        await this.sql('SELECT 1').then(
          () => true,
          () => false,
        )
      )
        return
      if (server.exitCode !== null) break
      await new Promise(resolve => setTimeout(resolve, 25))
    }
    throw new Error(`PostgreSQL did not start: ${said}`)
  }

  reload(): void {
    this.#server?.kill('SIGHUP')
  }

  /** SIGKILL to all of its processes. */
  async kill(): Promise<void> {
    const server = this.#server
    if (server?.pid === undefined) return
    const gone = new Promise(resolve => server.once('exit', resolve))
    const all = signalTree(server.pid, 'SIGKILL')
    await gone
    while (all.some(isAlive)) await new Promise(resolve => setTimeout(resolve, 5))
    this.#server = undefined
  }

  /** All of its processes stand still, or go on. */
  pause(how: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#server?.pid
    if (pid !== undefined) signalTree(pid, how)
  }

  /** A standby becomes the one that writes. */
  promote(): Promise<unknown> {
    return this.sql('SELECT pg_promote()')
  }

  async sql(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = await this.#connected()
    try {
      return (await client.query(text, [...values])).rows
    } finally {
      await client.end()
    }
  }

  /** What `text` locks stays locked. */
  async holding(text: string): Promise<{ letGo(): Promise<void> }> {
    const client = await this.#connected()
    await client.query('BEGIN')
    await client.query(text)
    return { letGo: () => client.end() }
  }

  async stop(): Promise<void> {
    this.pause('SIGCONT')
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #connected(): Promise<pg.Client> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.port,
      database: 'postgres',
      user: 'tonebank',
      password,
    })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  /** What pg_basebackup wrote there. */
  #replication(): string {
    const file = join(this.folder, 'data/postgresql.auto.conf')
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('primary_'))
      .join('\n')
  }
}

/** The folder of PostgreSQL's programs. */
export function postgresPrograms(): string {
  const [newest] = readdirSync(installed).sort((a, b) => Number(b) - Number(a))
  return join(installed, `${newest}`, 'bin')
}

function program(name: string): string {
  return join(postgresPrograms(), name)
}

function run(name: string, args: readonly string[]): void {
  execFileSync(program(name), args, { ...asUser(), stdio: 'pipe', timeout: 30_000 })
}

/** PostgreSQL does not run as root. */
function asUser(): { uid?: number; gid?: number; cwd: string; env: Record<string, string> } {
  const usual = { cwd: '/', env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' } }
  if (process.getuid?.() !== 0) return usual
  return { ...usual, ...ids() }
}

function ids(): { uid: number; gid: number } {
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  if (uid === undefined || gid === undefined) throw new Error('this machine has no user postgres')
  return { uid: Number(uid), gid: Number(gid) }
}

function give(path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = ids()
  chownSync(path, uid, gid)
}
