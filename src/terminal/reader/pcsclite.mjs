/**
 * PC/SC, through @pokusew/pcsclite 0.6.0, an optional dependency: it is compiled against the machine's own library, and without that it
 * is not there. Only the process beside this file loads it, as of the package's weaknesses the first two stop or end whoever does:
 *
 * - without a service it asks for one again and again, and never returns         → the service's socket is tried first
 * - a service that goes away while readers are listed overflows the stack        → a process of its own, whose end is an answer
 * - it does not say that there are no readers                                    → `start` tells the listing, too
 * - after a failed `disconnect` a reader counts as connected for ever            → after any failure the process is not used again
 * - errors are texts                                                             → the code in them is read
 */
import { createRequire } from 'node:module'
import { connect } from 'node:net'

/**
 * @typedef {object} PcscReader
 * @property {string} name
 * @property {number} SCARD_SHARE_EXCLUSIVE
 * @property {number} SCARD_UNPOWER_CARD
 * @property {number} SCARD_STATE_PRESENT
 * @property {number} SCARD_PROTOCOL_T0
 * @property {number} SCARD_PROTOCOL_T1
 * @property {(event: 'status' | 'end' | 'error', heard: (status: { readonly state: number }) => void) => void} on
 * @property {(options: { share_mode: number, protocol: number }, done: (error: Error | null, protocol: number) => void) => void} connect
 * @property {(apdu: Buffer, most: number, protocol: number, done: (error: Error | null, response: Buffer) => void) => void} transmit
 * @property {(disposition: number, done: (error?: Error | null) => void) => void} disconnect
 */

/**
 * `start` is replaced before the next turn, in which the package calls it with what it does with each listing.
 * @typedef {object} Pcsc
 * @property {(listed: (error: Error | undefined, names: Buffer) => void) => void} start
 * @property {((event: 'reader', heard: (reader: PcscReader) => void) => void) & ((event: 'error', heard: (error: Error) => void) => void)} on
 */

/**
 * Undefined where it was not built.
 * @returns {(() => Pcsc) | undefined}
 */
export function loadPcsclite() {
  try {
    return createRequire(import.meta.url)('@pokusew/pcsclite')
  } catch {
    return undefined
  }
}

/**
 * `SCardConnect error: Sharing violation.(0x8010000b)`; 0 when it says no code.
 * @param {Error} error
 */
export function codeIn({ message }) {
  return Number.parseInt(/\(0x([0-9a-f]{8})\)/i.exec(message)?.[1] ?? '0', 16)
}

/** Where the service listens, as its own library finds it (pcscd(8)). On other systems than Linux it is part of the system. */
export async function isServiceThere() {
  if (process.platform !== 'linux') return true
  const socket = connect(process.env['PCSCLITE_CSOCK_NAME'] ?? '/run/pcscd/pcscd.comm')
  const isThere = await new Promise(resolve => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return isThere === true
}
