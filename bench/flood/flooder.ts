/**
 * Floods an institution's entrance, as a process of its own: strangers who begin handshakes, and a pinned peer that sends
 * recorded and forged envelopes by turns, for so many seconds or until it is told to stop. It tells in the end how many there were.
 */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:https'
import { connect } from 'node:tls'

export interface Flood {
  readonly port: number
  readonly institution: string
  /** The peer's knock, certificate and key. */
  readonly name: string
  readonly cert: string
  readonly key: string
  /** A genuine envelope, in base64. */
  readonly recorded: string
  readonly perSecond: number
  /** Without it, until the next message. */
  readonly seconds?: number
}

export interface Flooded {
  readonly strangers: number
  readonly envelopes: number
  readonly answered: number
  readonly failed: number
  /** How long they were sent. */
  readonly ms: number
}

const everyMs = 10
const patienceMs = 20_000

process.once('message', (flood: Flood) => {
  const { port, institution, name, cert, key, perSecond, seconds = Number.POSITIVE_INFINITY } = flood
  const recorded = Buffer.from(flood.recorded, 'base64')
  const agent = new Agent({ keepAlive: true, maxSockets: 8, cert, key, servername: name, rejectUnauthorized: false })
  const done = { strangers: 0, envelopes: 0, answered: 0, failed: 0 }
  const stranger = () => {
    const socket = connect({ host: '127.0.0.1', port, servername: `${randomBytes(16).toString('hex')}.${institution}` })
    socket.on('error', () => {})
    done.strangers++
  }
  const envelope = (body: Buffer) => {
    done.envelopes++
    const headers = { 'content-length': body.length }
    request({ agent, host: '127.0.0.1', port, method: 'POST', path: `/clearing/${institution}`, headers }, answer => {
      done.answered++
      answer.resume()
    })
      .on('error', () => {
        done.failed++
      })
      .end(body)
  }
  /** The header is right, so that the signature is what it is refused by. */
  const forged = () => Buffer.concat([recorded.subarray(0, 400), randomBytes(recorded.length - 400)])
  const began = performance.now()
  let sent = 0
  let stoppedAt: number | undefined
  process.once('message', () => {
    stoppedAt ??= performance.now()
  })
  const timer = setInterval(() => {
    const due = Math.min(((performance.now() - began) / 1_000) * perSecond, perSecond * seconds)
    for (; sent < due && stoppedAt === undefined; sent++) {
      stranger()
      envelope(sent % 2 === 0 ? recorded : forged())
    }
    if (sent >= perSecond * seconds) stoppedAt ??= performance.now()
    if (stoppedAt === undefined) return
    const isOver = done.answered + done.failed >= done.envelopes || performance.now() - stoppedAt > patienceMs
    if (!isOver) return
    clearInterval(timer)
    process.send?.({ ...done, ms: stoppedAt - began } satisfies Flooded, () => process.exit())
  }, everyMs)
})
