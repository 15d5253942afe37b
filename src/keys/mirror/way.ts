/** The connection of the machine that serves to its mirror: one request at a time, each with a deadline, after which it is of no more use. */
import { connect, type TLSSocket } from 'node:tls'
import { sameBytes } from '../../bytes.ts'
import { Cancellation, DeadlineExceeded, type Runtime } from '../../runtime.ts'
import type { TransportIdentity } from '../certificate.ts'
import { provenKey } from '../proven-key.ts'
import { framed, framesOf } from './frames.ts'
import { type AskMirror, decodeAnswer, encodeRequest } from './requests.ts'

export interface MirrorTimes {
  /** The longest for a connection and its handshake. */
  readonly connectMs: number
  /** The longest for an answer: a mirror writes a few hundred keys to its disk meanwhile. */
  readonly answerMs: number
}

export interface Way {
  readonly ask: AskMirror
  /** Aborted when the connection is over. */
  readonly over: AbortSignal
  close(): void
}

export interface OtherMachine {
  readonly host: string
  readonly port: number
  /** 32 bytes of Ed25519. */
  readonly pinned: Uint8Array
}

/** @throws when it is not there in time, or has another key than the pinned one: then nothing was sent to it */
export async function wayTo(
  runtime: Runtime,
  { host, port, pinned }: OtherMachine,
  identity: TransportIdentity,
  { connectMs, answerMs }: MirrorTimes,
): Promise<Way> {
  const where = `the mirror at ${host}:${port}`
  const socket = connect({
    ...{ host, port, cert: identity.certificate, key: identity.privateKey, minVersion: 'TLSv1.3' },
    // No authority vouches for anybody here: the pinned key is compared below, before a byte is sent.
    rejectUnauthorized: false,
  })
  await within(runtime, connectMs, where, socket, shaken(socket))
  const proven = provenKey(socket)
  if (proven === undefined || !sameBytes(proven, pinned)) {
    socket.destroy()
    throw new Error(`${where} does not have the key that is pinned`)
  }
  socket.on('error', () => {})
  const over = new AbortController()
  socket.once('close', () => over.abort())
  const answers = framesOf(socket)
  return {
    over: over.signal,
    ask: async request => {
      runtime.reached(`record-keys.${request.ask}-asked`)
      const answered = (async () => {
        socket.write(framed(encodeRequest(request)))
        const { value } = await answers.next()
        if (value === undefined) throw new Error(`${where} hung up`)
        return decodeAnswer(request.ask, value)
      })()
      return within(runtime, answerMs, where, socket, answered)
    },
    close: () => void socket.destroy(),
  }
}

function shaken(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('it hung up before it had proved a key')))
  })
}

/** Settles as `work` does; when it fails or is late the connection is over. */
async function within<T>(runtime: Runtime, ms: number, what: string, socket: TLSSocket, work: Promise<T>): Promise<T> {
  const done = new Cancellation()
  let late: DeadlineExceeded | undefined
  void runtime.sleep(ms, done).then(
    () => {
      late = new DeadlineExceeded(what, ms)
      socket.destroy(late)
    },
    () => {},
  )
  try {
    return await runtime.work(work)
  } catch (error) {
    socket.destroy()
    throw late ?? error
  } finally {
    done.cancel('settled')
  }
}
