/**
 * Key presses as captures that sipp plays: one file for each key at each place in the call. sipp's own DTMF begins anew at
 * the same RTP timestamp with each answer, and Asterisk takes a key that is not later than the last one for a repetition.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rtpBytes } from '../../src/rtp/packet.ts'
import { writeTelephoneEvent } from '../../src/rtp/telephone-event.ts'
import { type Datagram, writeCapture } from './pcap.ts'
import { type Press, pauseMs, pressMs } from './script.ts'

/** The payload type that the callers offer for telephone events. */
export const eventPayloadType = 101

const packetMs = 20
const ticksPerMs = 8
const packetsPerPress = pressMs / packetMs + 3

/** The RTP timestamp of the press at `place`. All callers share these, so that a capture tells which press it saw. */
export function timestampOf(place: number): number {
  return (place + 1) * (pressMs + pauseMs) * ticksPerMs
}

/** The place whose press has this RTP timestamp. */
export function placeOf(timestamp: number): number {
  return timestamp / ((pressMs + pauseMs) * ticksPerMs) - 1
}

/**
 * The packets of one press: one every 20 ms while the key is down, then its end three times at once, so that the last
 * of the three says when the switch could know, whichever of them it acts upon.
 */
export function pressPackets(place: number, key: string): Datagram[] {
  const downs = Array.from({ length: pressMs / packetMs }, (_, n) => ({ atMs: n * packetMs, end: false }))
  const ends = Array.from({ length: 3 }, () => ({ atMs: pressMs, end: true }))
  return [...downs, ...ends].map(({ atMs, end }, index) => ({
    atUs: atMs * 1000,
    sourcePort: 6000,
    destinationPort: 6000,
    payload: Buffer.from(
      rtpBytes({
        marker: index === 0,
        payloadType: eventPayloadType,
        sequence: 1000 + place * packetsPerPress + index,
        timestamp: timestampOf(place),
        source: 0x70b3ba2c,
        payload: writeTelephoneEvent({ key, end, duration: Math.min(atMs + packetMs, pressMs) * ticksPerMs }),
      }),
    ),
  }))
}

/** Where the press of `key` at `place` lies below the folder of captures. */
export function pressFile(folder: string, place: number, key: string): string {
  return join(folder, `${place}-${key === '#' ? 'hash' : key === '*' ? 'star' : key}.pcap`)
}

/** Writes every file that `presses` can need: one for a key that all press, ten for a digit that differs. */
export function writePresses(folder: string, presses: readonly Press[]): void {
  mkdirSync(folder, { recursive: true })
  for (const { place, keyOf } of presses) {
    for (const key of 'key' in keyOf ? [keyOf.key] : '0123456789') {
      writeFileSync(pressFile(folder, place, key), writeCapture(pressPackets(place, key)))
    }
  }
}
