/**
 * A second softphone, of other authors and another SIP stack than baresip: linphonec, told what to do at its prompt. It calls by TLS with
 * SRTP only, keys as RFC 4733 events, and takes an exchange whose certificate names it and that `trusts` vouches for, and no other.
 *
 *     const phone = await startLinphone({ server: { host: 'exchange', port: 5061 }, account, trusts: 'authority.pem' })
 *     await phone.dial('9001')
 *     await phone.press('1')
 *     await phone.hangUp()
 *     const heard = await phone.quit()
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { CallFailed, type PhoneOptions } from './baresip.ts'
import { startPhoneProcess } from './phone-process.ts'
import { until } from './until.ts'
import { readWav } from './wav.ts'

/** From one key to the next: it says a key for 100 ms. */
const keyMs = 260

export interface LinphoneOptions extends Pick<PhoneOptions, 'account'> {
  /** By a name: the library that checks certificates for it (Mbed TLS 2.28) knows none of addresses. */
  readonly server: PhoneOptions['server']
  /** A PEM file. */
  readonly trusts: string
  /** On the machine where the phone is. */
  readonly command?: (program: string, args: readonly string[]) => readonly string[]
}

export async function startLinphone(options: LinphoneOptions): Promise<Linphone> {
  const { server, command = (program, args) => [program, ...args] } = options
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-linphone-'))
  const settings = join(folder, 'linphonerc')
  writeFileSync(settings, settingsOf(options), { mode: 0o600 })
  // It does not make the folder of its own database.
  mkdirSync(join(folder, '.local/share/linphone'), { recursive: true })
  const child = startPhoneProcess(command('linphonec', ['-c', settings]), folder)
  const phone = new Linphone(folder, child, `${server.host}:${server.port};transport=tls`)
  try {
    await phone.untilReady()
    return phone
  } catch (error) {
    await phone.quit()
    throw error
  }
}

function settingsOf({ server, account, trusts }: LinphoneOptions): string {
  const exchange = `${server.host}:${server.port};transport=tls`
  const sections = {
    sip: {
      // −1: any port; 0: none.
      ...{ sip_port: 0, sip_tcp_port: 0, sip_tls_port: -1, use_ipv6: 0, default_proxy: 0 },
      ...{ root_ca: trusts, verify_server_certs: 1, verify_server_cn: 1 },
      ...{ media_encryption: 'srtp', media_encryption_mandatory: 1, use_rfc2833: 1, use_info: 0 },
    },
    rtp: { audio_rtp_port: -1 },
    proxy_0: {
      reg_proxy: `<sip:${exchange}>`,
      reg_identity: `sip:${account.user}@${server.host}`,
      reg_sendregister: 0,
    },
    auth_info_0: { username: account.user, passwd: account.password.reveal() },
    sound: { echocancellation: 0 },
    audio_codec_0: { mime: 'PCMA', rate: 8_000, channels: 1, enabled: 1 },
    video: { enabled: 0, automatically_initiate: 0 },
  }
  const lines = Object.entries(sections).flatMap(([name, values]) => [
    `[${name}]`,
    ...Object.entries(values).map(([key, value]) => `${key}=${value}`),
  ])
  return `${lines.join('\n')}\n`
}

export class Linphone {
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #exchange: string
  readonly #ended: Promise<void>
  #printed = ''

  constructor(folder: string, child: ChildProcess, exchange: string) {
    this.#folder = folder
    this.#child = child
    this.#exchange = exchange
    this.#ended = new Promise(resolve => child.once('close', () => resolve()))
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', text => (this.#printed += text))
    child.stdin?.on('error', () => {})
    child.on('error', error => (this.#printed += error.message))
  }

  async untilReady(): Promise<void> {
    await this.#until('takes commands', /linphonec>/, 0, 10_000)
    // No microphone and no loudspeaker: what is said is silence, what is heard a file.
    this.#tell('soundcard use files')
    this.#tell(`record ${this.#recording}`)
  }

  /** Resolves when the call is answered and sound goes both ways. Throws `CallFailed`, with what it printed, otherwise. */
  async dial(number: string): Promise<void> {
    const from = this.#printed.length
    this.#tell(`call sip:${number}@${this.#exchange}`)
    await this.#until(
      'is answered',
      /Media streams established|Call \d+ with .* (ended|error)|Cannot connect/,
      from,
      20_000,
    )
    const printed = this.#printed.slice(from)
    if (!printed.includes('Media streams established')) throw new CallFailed(printed)
  }

  async press(digits: string): Promise<void> {
    for (const digit of digits) {
      this.#tell(digit)
      await systemRuntime.sleep(keyMs)
    }
  }

  async hangUp(): Promise<void> {
    const from = this.#printed.length
    this.#tell('terminate')
    await this.#until('has hung up', /Call \d+ with .* ended/, from, 5_000)
  }

  /** Ends the phone, deletes its folder, and gives the samples that it received in its one call. */
  async quit(): Promise<Int16Array> {
    if (this.#child.exitCode === null) this.#tell('quit')
    await withDeadline(systemRuntime, 'linphone ending', 5_000, this.#ended).catch(() => {
      this.#child.kill('SIGKILL')
      return this.#ended
    })
    const heard = existsSync(this.#recording) ? readWav(readFileSync(this.#recording)) : new Int16Array()
    rmSync(this.#folder, { recursive: true, force: true })
    return heard
  }

  get #recording(): string {
    return join(this.#folder, 'heard.wav')
  }

  #tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`)
  }

  async #until(what: string, says: RegExp, from: number, withinMs: number): Promise<void> {
    await until(`linphone ${what}`, () => says.test(this.#printed.slice(from)), withinMs).catch(error => {
      throw new Error(`${error}\n${this.#printed}`)
    })
  }
}
