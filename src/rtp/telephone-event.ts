/** Telephone events, as RTP packets carry them (RFC 4733, section 2.3). */

export interface TelephoneEvent {
  readonly key: EventKey
  /** The key is up again. Sent three times, as a lost one would leave the key down. */
  readonly end: boolean
  /** How long the key has been down, in samples of 1/8000 s. */
  readonly duration: number
}

/** Events 0 to 15 in their order (section 3.2). */
const keys = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'] as const

export type EventKey = (typeof keys)[number]

/** Undefined for events that are no key of a telephone, such as a flash. */
export function readTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const key = keys[payload[0] ?? keys.length]
  if (payload.length < 4 || key === undefined) return undefined
  return { key, end: ((payload[1] ?? 0) & 0x80) !== 0, duration: ((payload[2] ?? 0) << 8) | (payload[3] ?? 0) }
}

/** At -10 dBm0, as telephones send it. Throws RangeError for what is no key. */
export function writeTelephoneEvent({
  key,
  end,
  duration,
}: Omit<TelephoneEvent, 'key'> & { readonly key: string }): Buffer {
  const event = (keys as readonly string[]).indexOf(key)
  if (event < 0) throw new RangeError('this is no key')
  const payload = Buffer.alloc(4)
  payload[0] = event
  payload[1] = (end ? 0x80 : 0) | 10
  payload.writeUInt16BE(duration, 2)
  return payload
}
