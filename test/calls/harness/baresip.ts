/**
 * A scripted softphone: baresip in a folder and on ports of its own, steered over its control connection.
 *
 *     const phone = await startPhone({ server: asterisk.switch.sip, account: asterisk.account('desk1') })
 *     await phone.dial('9001')
 *     await phone.press('1')
 *     await phone.hangUp()
 *     const { heard } = await phone.quit()      // the samples that this phone received
 */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import type { SipAccount } from '../../../src/switch/contract.ts'
import { freePort, isFree } from '../../../src/switch/ports.ts'
import { encodeNetstring, netstringReader } from './netstring.ts'
import { startPhoneProcess } from './phone-process.ts'
import { readWav, writeSilence } from './wav.ts'

const host = '127.0.0.1'
/** From one key to the next. */
const keyMs = 240
const modulesFolder = '/usr/lib/baresip/modules'

export interface PhoneOptions {
  readonly server: { readonly host: string; readonly port: number }
  readonly account: Pick<SipAccount, 'user' | 'password'>
  readonly codec?: 'PCMA' | 'PCMU'
  /** Of this machine, where the phone is; the loopback by default. */
  readonly address?: string
  /** By TLS with SRTP, as a phone of the network calls; plain otherwise. */
  readonly secure?: boolean
  /** What is heard and said, where `secure` is true. */
  readonly media?: 'srtp' | 'plain'
  /** Of plain calls; UDP by default. */
  readonly transport?: 'udp' | 'tcp'
  /** 8 kHz mono 16-bit WAV to play into the call; silence otherwise. At its end baresip hangs up: pad it. */
  readonly plays?: string
  /** Register first, so that the phone can be called. */
  readonly register?: boolean
}

export interface Heard {
  /** The samples that this phone received, one recording per call. */
  readonly heard: Int16Array[]
  /** RTP packets over all calls, as baresip counted them. */
  readonly packets: { readonly sent: number; readonly received: number }
}

/** The call was refused or ended before it was answered. */
export class CallFailed extends Error {}

interface ControlEvent {
  readonly type: string
  readonly param: string
}

export interface Phone {
  /** Resolves when the call is answered. Throws `CallFailed`, with the reason that was given, otherwise. */
  dial(number: string): Promise<void>
  /**
   * Presses keys one after another, as RFC 4733 events, at the phone's own pace: 180 ms, and a pause. However busy this process is,
   * the phone is a hand that types on.
   */
  press(digits: string): Promise<void>
  /** Plays another file from now on. */
  play(wav: string): Promise<void>
  hangUp(): Promise<void>
  /** Resolves with the reason when the other side has ended the call. */
  untilEnded(withinMs?: number): Promise<string>
  /** What was recorded of the present call until now, but for the last tenths of a second. */
  heardSoFar(): Int16Array
  /** Ends the phone and reads what it recorded. Deletes its folder. */
  quit(): Promise<Heard>
  /** Kills it on the spot: a phone whose battery was pulled out sends no BYE. */
  vanish(): void
}

export async function startPhone(options: PhoneOptions): Promise<Phone> {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-phone-'))
  const [sipPort, controlPort] = [
    await freeSipPort(options.address ?? host),
    await freePort(systemRuntime, 'tcp', host),
  ]
  writeFolder(folder, options, sipPort, controlPort)
  const child = startPhoneProcess(['baresip', '-4', '-f', folder], folder)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      printed += text
    })
  }
  child.on('error', error => {
    printed += error.message
  })
  try {
    return new ControlledPhone(folder, child, await connectTo(controlPort, () => printed), () => printed)
  } catch (error) {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** baresip listens there by UDP and by TCP, and by TLS on the next port, or ends. */
async function freeSipPort(host: string): Promise<number> {
  for (;;) {
    const port = await freePort(systemRuntime, 'udp', host)
    const secure = await freePort(systemRuntime, 'tcp', host)
    if (secure === port + 1 && (await isFree('tcp', host, port))) return port
  }
}

function writeFolder(folder: string, options: PhoneOptions, sipPort: number, controlPort: number): void {
  const {
    server,
    account,
    address = host,
    secure = false,
    transport = 'udp',
    register = false,
    codec = 'PCMA',
  } = options
  const silence = join(folder, 'silence.wav')
  writeSilence(silence, 600)
  mkdirSync(join(folder, 'heard'))
  const config = {
    poll_method: 'epoll',
    sip_listen: `${address}:${sipPort}`,
    call_max_calls: '1',
    // Any player will do: what is recorded is what was decoded.
    audio_player: 'aubridge,unheard',
    audio_source: `aufile,${options.plays ?? silence}`,
    audio_alert: 'aubridge,unheard',
    ausrc_srate: '8000',
    auplay_srate: '8000',
    jitter_buffer_delay: '1-2',
    rtp_stats: 'yes',
    net_interface: address,
    module_path: modulesFolder,
    ctrl_tcp_listen: `${host}:${controlPort}`,
    snd_path: join(folder, 'heard'),
  }
  const modules = ['g711', 'sndfile', 'aufile', 'aubridge', 'srtp']
  const apps = ['account', 'menu', 'ctrl_tcp']
  writeFileSync(
    join(folder, 'config'),
    [
      ...Object.entries(config).map(([name, value]) => `${name}\t${value}`),
      ...modules.map(name => `module\t${name}.so`),
      ...apps.map(name => `module_app\t${name}.so`),
      '',
    ].join('\n'),
  )
  const parameters = {
    auth_user: account.user,
    auth_pass: account.password.reveal(),
    regint: register ? '60' : '0',
    audio_codecs: `${codec}/8000/1`,
    ptime: '20',
    ...(secure && options.media !== 'plain' ? { mediaenc: 'srtp-mand' } : {}),
  }
  const uri = `sip:${account.user}@${server.host}:${server.port}${secure ? ';transport=tls' : `;transport=${transport}`}`
  const suffix = Object.entries(parameters).map(([name, value]) => `;${name}=${value}`)
  writeFileSync(join(folder, 'accounts'), `<${uri}>${suffix.join('')}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'contacts'), '')
}

async function connectTo(port: number, printed: () => string): Promise<Socket> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = await new Promise<Socket | undefined>(resolve => {
      const trying = connect(port, host)
      trying.once('connect', () => resolve(trying))
      trying.once('error', () => resolve(undefined))
    })
    if (socket) return socket
    await systemRuntime.sleep(50)
  }
  throw new Error(`baresip did not start:\n${printed()}`)
}

class ControlledPhone implements Phone {
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #socket: Socket
  readonly #printed: () => string
  readonly #exited: Promise<void>
  /** Events of the present call that nobody has waited for yet, and who waits. */
  #events: ControlEvent[] = []
  #wake: () => void = () => {}
  #nextToken = 0
  readonly #replies = new Map<string, (reply: { ok: boolean; data: string }) => void>()

  constructor(folder: string, child: ChildProcess, socket: Socket, printed: () => string) {
    this.#folder = folder
    this.#child = child
    this.#socket = socket
    this.#printed = printed
    this.#exited = new Promise(resolve => child.once('close', () => resolve()))
    const read = netstringReader()
    socket.on('data', bytes => {
      for (const text of read(bytes)) this.#take(JSON.parse(text))
    })
    socket.on('error', () => {})
  }

  async dial(number: string): Promise<void> {
    this.#events = []
    await this.#command('dial', number)
    const event = await this.#until(['CALL_ESTABLISHED', 'CALL_CLOSED'], 15_000)
    if (event.type === 'CALL_CLOSED') throw new CallFailed(event.param)
  }

  async press(digits: string): Promise<void> {
    await Promise.all([...digits].map(digit => this.#command('sndcode', digit)))
    await systemRuntime.sleep(digits.length * keyMs)
  }

  async play(wav: string): Promise<void> {
    await this.#command('ausrc', `aufile,${wav}`)
  }

  async hangUp(): Promise<void> {
    await this.#command('hangup')
    await this.#until(['CALL_CLOSED'], 5_000)
  }

  async untilEnded(withinMs = 30_000): Promise<string> {
    return (await this.#until(['CALL_CLOSED'], withinMs)).param
  }

  async quit(): Promise<Heard> {
    // The recording is complete only when the process has ended.
    if (this.#child.exitCode === null) this.#socket.write(encodeNetstring(JSON.stringify({ command: 'quit' })))
    await withDeadline(systemRuntime, 'baresip ending', 5_000, this.#exited).catch(() => {
      this.#child.kill('SIGKILL')
      return this.#exited
    })
    this.#socket.destroy()
    const heard = this.#recordings().map(file => readWav(readFileSync(file)))
    rmSync(this.#folder, { recursive: true, force: true })
    return { heard, packets: packetsIn(this.#printed()) }
  }

  heardSoFar(): Int16Array {
    const present = this.#recordings().at(-1)
    return present === undefined ? new Int16Array() : readWav(readFileSync(present))
  }

  vanish(): void {
    this.#child.kill('SIGKILL')
  }

  /** One file per call, in the order of the calls. */
  #recordings(): string[] {
    const folder = join(this.#folder, 'heard')
    const names = readdirSync(folder).filter(name => name.endsWith('-dec.wav'))
    return names.sort().map(name => join(folder, name))
  }

  #take(message: {
    event?: boolean
    type?: string
    param?: string
    token?: string
    ok?: boolean
    data?: string
  }): void {
    if (message.event) {
      this.#events.push({ type: message.type ?? '', param: message.param ?? '' })
      this.#wake()
    } else if (message.token) {
      this.#replies.get(message.token)?.({ ok: message.ok ?? false, data: message.data ?? '' })
      this.#replies.delete(message.token)
    }
  }

  async #command(command: string, params = ''): Promise<void> {
    const token = String(this.#nextToken++)
    const reply = new Promise<{ ok: boolean; data: string }>(resolve => this.#replies.set(token, resolve))
    this.#socket.write(encodeNetstring(JSON.stringify({ command, params, token })))
    const { ok, data } = await withDeadline(systemRuntime, `baresip ${command}`, 5_000, reply)
    if (!ok) throw new Error(`baresip ${command}: ${data}`)
  }

  /** The first event of one of these types since the call began; those before it are passed over. */
  #until(types: readonly string[], withinMs: number): Promise<ControlEvent> {
    const found = (async () => {
      for (;;) {
        const index = this.#events.findIndex(({ type }) => types.includes(type))
        const event = this.#events[index]
        if (event) {
          this.#events.splice(0, index + 1)
          return event
        }
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    })()
    return withDeadline(systemRuntime, `baresip: ${types.join(' or ')}`, withinMs, found)
  }
}

/** baresip's statistics at the end of each call: `packets:   <sent>   <received>`. */
function packetsIn(printed: string): Heard['packets'] {
  const calls = [...printed.matchAll(/^packets:\s+(\d+)\s+(\d+)/gm)]
  const sum = (column: number) => calls.reduce((total, call) => total + Number(call[column]), 0)
  return { sent: sum(1), received: sum(2) }
}
