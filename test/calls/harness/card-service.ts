/**
 * A card service (pcscd) with virtual readers, in a mount and a network namespace of its own: its socket and the readers' ports are global
 * on a machine, and here each test has them to itself. Cards of ours are put in and taken out; whoever is to use the
 * service is given the address of its socket.
 *
 *   const service = await CardService.start()
 *   service.insert(await SoftCard.insert(store, random))
 *   await service.full()
 *   await service.run('opensc-tool', '--atr')
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { SecureElement } from '../../../src/card/apdu/secure-element.ts'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { DriverProcess } from '../../../src/terminal/reader/driver-process.ts'
import type { Reader } from '../../../src/terminal/reader/readers.ts'
import { insertIntoVpcd, vpcdPort } from '../../../src/terminal/reader/virtual-card.ts'

const readyWithinMs = 20_000
const runWithinMs = 20_000

/** The driver makes two readers of it, at this port and the next. */
const readerConfiguration = `FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:${vpcdPort}
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID ${vpcdPort}
`

const script = `set -e
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
exec pcscd --foreground --info --config "$1"`

/**
 * Carries bytes between us and a port within the namespace. Its own end, or ours, is the card's removal. The driver listens again only
 * some time after it has lost a card, and may turn away who came a moment too soon, or leave them waiting for ever: until it has asked for
 * something the card is not in, and comes again. It takes one caller at a time and asks only at its next look, some tenths of a second later or, on
 * a busy machine, seconds: each time it is given longer, or nobody whom it asks is there any more.
 */
const relay = (port: number) => `
const connect = (tries, patienceMs) => {
  const socket = require('net').connect(${port}, '127.0.0.1')
  let isIn = false
  socket.on('error', () => {})
  socket.setTimeout(patienceMs, () => isIn || socket.destroy())
  socket.on('close', () => (isIn || tries === 0 ? process.exit() : setTimeout(connect, 50, tries - 1, Math.min(2 * patienceMs, 12000))))
  socket.once('data', first => {
    isIn = true
    process.stdout.write(first)
    process.stdin.pipe(socket).pipe(process.stdout)
  })
}
connect(200, 1500)`

/** A card that is in. */
export interface Inserted {
  takeOut(): boolean
}

export class CardService {
  readonly #service: ChildProcess
  readonly #folder: string
  readonly #relays = new Set<ChildProcess>()
  /** The readers of which the service itself has said that a card is in. */
  readonly #full = new Set<string>()
  readonly names = ['Virtual PCD 00 00', 'Virtual PCD 00 01'] as const

  private constructor(service: ChildProcess, folder: string) {
    this.#service = service
    this.#folder = folder
  }

  static async start(): Promise<CardService> {
    const folder = mkdtempSync(join(tmpdir(), 'tonebank-readers-'))
    const configuration = join(folder, 'readers.conf')
    writeFileSync(configuration, readerConfiguration)
    const service = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'unshare', '--mount', '--net', 'sh', '-c', script, 'sh', configuration],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let said = ''
    const ready = new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer) => {
        said += text
        if (said.includes('daemon ready')) resolve()
      }
      service.stdout.on('data', hear)
      service.stderr.on('data', hear)
      service.once('error', reject)
      service.once('exit', () => reject(new Error(`the card service ended:\n${said}`)))
    })
    const started = new CardService(service, folder)
    started.#watch(service)
    await withDeadline(systemRuntime, 'the card service', readyWithinMs, ready).catch(async error => {
      await started.stop()
      throw error
    })
    return started
  }

  /** As its own library finds it (pcscd(8)). */
  get socket(): string {
    return `/proc/${this.#service.pid}/root/run/pcscd/pcscd.comm`
  }

  /** What a program of others' writes that uses the readers. Rejects when it fails. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)(program, args, {
      env: { ...process.env, PCSCLITE_CSOCK_NAME: this.socket },
      timeout: runWithinMs,
    })
    return stdout + stderr
  }

  /** `reader`: the first or the second. */
  insert(card: SecureElement, reader: 0 | 1 = 0): Inserted {
    const inside = [`--net=/proc/${this.#service.pid}/ns/net`, process.execPath, '--eval', relay(vpcdPort + reader)]
    const child = spawn('nsenter', inside, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#relays.add(child)
    // Taken out, it is cut off in the middle of whatever it does.
    child.stdin.on('error', () => {})
    insertIntoVpcd(card, child.stdout, child.stdin).catch(() => {})
    return { takeOut: () => child.kill('SIGKILL') }
  }

  /** Takes all cards out; resolves when the service has seen it: its programs, and the thread of it that looks for cards. */
  async empty(): Promise<void> {
    await Promise.all([...this.#relays].map(ended))
    this.#relays.clear()
    await this.#see(readers => readers.every(({ hasCard }) => !hasCard))
    // Whoever was sending as the card went learns it first, and so do all other programs; the thread that looks for cards does at its next
    // look. Another card that is in by then is no news to it: it would never be told of.
    for (const endMs = performance.now() + readyWithinMs; this.#full.size > 0; await systemRuntime.sleep(20))
      if (performance.now() > endMs) throw new Error('the card service has not noticed that a card was taken out')
  }

  /** What the service logs of the cards that come and go. */
  #watch({ stdout, stderr }: ChildProcess): void {
    for (const stream of [stdout, stderr])
      if (stream)
        createInterface(stream).on('line', line => {
          const [, does, reader = ''] = / Card (inserted into|Removed From) (.+)$/.exec(line) ?? []
          if (does === 'inserted into') this.#full.add(reader)
          else if (does === 'Removed From') this.#full.delete(reader)
        })
  }

  /** Resolves when the service has seen the card in the first reader: programs of others do not wait for it. */
  full(): Promise<void> {
    return this.#see(readers => readers.some(({ name, hasCard }) => hasCard && name === this.names[0]))
  }

  async #see(isSo: (readers: readonly Reader[]) => boolean): Promise<void> {
    const driver = new DriverProcess(systemRuntime)
    try {
      const seen = await driver.find(readers => isSo(readers) || undefined, readyWithinMs)
      if (!seen) throw new Error('the card service does not see what was put in or taken out')
    } finally {
      await driver.kill()
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#relays, this.#service].map(ended))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
