/**
 * The way of one call's sound between a browser and Asterisk: two UDP ports, and bytes that pass as they are. The browser
 * proves by connectivity checks which address is its own; what it encrypts (DTLS-SRTP) is opened by Asterisk alone. Asterisk
 * itself never offers the loopback to a browser, and is reached by no other machine this way either.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type Runtime, randomId } from '../../runtime.ts'
import { Secret } from '../../secret.ts'
import { loopback } from '../installation.ts'
import { answerCheck, type IceCredentials, isStun } from './connectivity-checks.ts'

/** More than a packet of speech or of a handshake has (RFC 8834 asks for no more than an Ethernet frame carries). */
const mostBytes = 1_500
/** Twenty times what a call sends: 50 packets of speech, a few reports and checks. */
const mostPerSecond = 1_000
/** Of everybody else, who has checks to send and nothing more: a flood of theirs takes nothing from the call. */
const mostOfOthersPerSecond = 100

interface Way {
  readonly address: string
  readonly port: number
}

export class MediaRelay {
  readonly #runtime: Runtime
  readonly #outer: Socket
  readonly #inner: Socket
  readonly credentials: IceCredentials
  #browser: Way | undefined
  #isConnected = false
  #isClosed = false
  readonly #peer: string
  #window = { sinceMs: 0, theirs: 0, others: 0 }
  /** Where the browser finds it. */
  readonly outer: Way
  /** Where Asterisk does. */
  readonly inner: Way

  private constructor(outer: Socket, inner: Socket, peer: string, runtime: Runtime) {
    this.#runtime = runtime
    this.#outer = outer
    this.#inner = inner
    this.#peer = peer
    this.outer = outer.address()
    this.inner = inner.address()
    this.credentials = { fragment: randomId(runtime).slice(0, 8), password: new Secret(randomId(runtime)) }
    // An end that is gone answers with an ICMP message; that is for its own call to notice.
    outer.on('error', () => {})
    inner.on('error', () => {})
    outer.on('message', (bytes, from) => this.#fromBrowser(bytes, from))
    inner.on('message', bytes => this.#toBrowser(bytes))
  }

  /**
   * @param address of ours, where the browser finds it
   * @param peer where the browser is; a browser of this machine may send its sound from any address of the machine's
   */
  static async open(address: string, peer: string, runtime: Runtime): Promise<MediaRelay> {
    const outer = await bound(address)
    try {
      return new MediaRelay(outer, await bound(loopback), peer, runtime)
    } catch (error) {
      outer.close()
      throw error
    }
  }

  /** Asterisk listens there. From now on nobody else's packets are taken for its. */
  connect(port: number): void {
    if (this.#isConnected || this.#isClosed) return
    this.#isConnected = true
    this.#inner.connect(port, loopback)
  }

  /** May be called again. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outer.close()
    this.#inner.close()
  }

  #fromBrowser(bytes: Buffer, from: Way): void {
    const isTheirs = this.#browser?.address === from.address && this.#browser.port === from.port
    // From port 0 nobody can be answered.
    if (this.#isClosed || from.port === 0 || bytes.length > mostBytes || !this.#hasRoom(isTheirs)) return
    if (isStun(bytes)) {
      if (!this.#peer.startsWith('127.') && from.address !== this.#peer) return
      const check = answerCheck(bytes, from, this.credentials)
      if (check === undefined) return
      if (check.isChosen || this.#browser === undefined) this.#browser = { address: from.address, port: from.port }
      this.#outer.send(check.answer, from.port, from.address, () => {})
      return
    }
    if (isTheirs && this.#isConnected) this.#inner.send(bytes, () => {})
  }

  #toBrowser(bytes: Buffer): void {
    if (this.#isClosed || this.#browser === undefined || !this.#isConnected) return
    this.#outer.send(bytes, this.#browser.port, this.#browser.address, () => {})
  }

  #hasRoom(isTheirs: boolean): boolean {
    const nowMs = this.#runtime.monotonicMs()
    if (nowMs - this.#window.sinceMs >= 1_000) this.#window = { sinceMs: nowMs, theirs: 0, others: 0 }
    return isTheirs ? ++this.#window.theirs <= mostPerSecond : ++this.#window.others <= mostOfOthersPerSecond
  }
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}
