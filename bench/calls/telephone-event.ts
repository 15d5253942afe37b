/** Telephone events, as RTP packets carry them (RFC 4733, section 2.3). */

export interface TelephoneEvent {
  readonly key: string
  /** The key is up again. Sent three times, as a lost one would leave the key down. */
  readonly end: boolean
  /** How long the key has been down, in samples of 1/8000 s. */
  readonly duration: number
}

const keys = '0123456789*#'

/** Undefined for events that are no key of a telephone, such as a flash. */
export function readTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const key = keys[payload[0] ?? keys.length]
  if (payload.length < 4 || key === undefined) return undefined
  return { key, end: ((payload[1] ?? 0) & 0x80) !== 0, duration: ((payload[2] ?? 0) << 8) | (payload[3] ?? 0) }
}

/** At -10 dBm0, as telephones send it. */
export function writeTelephoneEvent({ key, end, duration }: TelephoneEvent): Buffer {
  const payload = Buffer.alloc(4)
  payload[0] = keys.indexOf(key)
  payload[1] = (end ? 0x80 : 0) | 10
  payload.writeUInt16BE(duration, 2)
  return payload
}
