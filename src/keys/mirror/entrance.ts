/**
 * Where a machine hears its mirror: TLS 1.3, whose keys are made for each connection and forgotten, so that a recording tells no key
 * once it is destroyed, even to who gets hold of both machines. Whoever does not prove the pinned key is not read from.
 */
import { type AddressInfo, isIP } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { sameBytes } from '../../bytes.ts'
import type { TransportIdentity } from '../certificate.ts'
import { boundHalfOpen } from '../half-open.ts'
import { provenKey } from '../proven-key.ts'
import type { Answering } from './answering.ts'
import { framed, framesOf } from './frames.ts'
import { decodeRequest } from './requests.ts'

const handshakeTimeout = 3_000
/** The machine that serves asks something each second. */
const idleMs = 30_000
const mostHalfOpen = 64

export interface MirrorEntrance {
  readonly port: number
  close(): Promise<void>
}

export interface EntranceOptions {
  readonly host: string
  readonly port: number
  readonly identity: TransportIdentity
  /** The other machine's, 32 bytes. */
  readonly pinned: Uint8Array
  readonly answering: Answering
}

/** @throws when it cannot listen there */
export async function openEntrance({
  host,
  port,
  identity,
  pinned,
  answering,
}: EntranceOptions): Promise<MirrorEntrance> {
  if (isIP(host) === 0 && host !== 'localhost') throw new Error(`${host} is no address of this machine`)
  const server = createServer({
    ...{ cert: identity.certificate, key: identity.privateKey, minVersion: 'TLSv1.3' },
    // No authority vouches for anybody here: the pinned key is compared below, before a byte is read.
    ...{ requestCert: true, rejectUnauthorized: false, handshakeTimeout },
  })
  boundHalfOpen(server, mostHalfOpen)
  let current: TLSSocket | undefined
  server.on('secureConnection', socket => {
    socket.on('error', () => {})
    const proven = provenKey(socket)
    if (proven === undefined || !sameBytes(proven, pinned)) return void socket.destroy()
    current?.destroy()
    current = socket
    socket.setTimeout(idleMs, () => socket.destroy())
    void answerOn(socket, answering)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        current?.destroy()
      }),
  }
}

async function answerOn(socket: TLSSocket, answering: Answering): Promise<void> {
  const session = answering.begin()
  try {
    for await (const frame of framesOf(socket)) socket.write(framed(await session.answer(decodeRequest(frame))))
  } catch {
    // What cannot be answered is not: the other end connects again, and both begin from what they have.
  } finally {
    socket.destroy()
  }
}
