/** What is made of a capture: latencies, gaps and calls that failed, from packets written here one by one. */
import { beforeEach, describe, expect, it } from 'vitest'
import { type HeardCall, hear, isWhole } from '../../../bench/calls/heard.ts'
import { pressPackets } from '../../../bench/calls/key-presses.ts'
import type { Datagram } from '../../../bench/calls/pcap.ts'
import { presses, type Script } from '../../../bench/calls/script.ts'
import { rtpBytes } from '../../../src/rtp/packet.ts'

const mediaPort = 41_000
const script: Script = {
  steps: [
    { name: 'language', listenMs: 0, keys: [{ key: '1' }] },
    { name: 'account', listenMs: 0, keys: [{ column: 0 }, { key: '#' }] },
  ],
  listenAtEndMs: 0,
}
const sound = (fill: number) => Buffer.alloc(160, fill)
const greeting = sound(1)
const account = sound(2)
const pin = sound(3)
const beginnings = new Map([
  ['language', account.subarray(0, 96)],
  ['account', pin.subarray(0, 96)],
])

let capture: Datagram[]
beforeEach(() => {
  capture = []
})

/** Asterisk sends `count` packets of a prompt, one every 20 ms from `atMs` on. */
function prompt(atMs: number, payload: Buffer, count: number, { port = 12_000, source = 5 } = {}) {
  for (let n = 0; n < count; n++) {
    const rtp = { marker: false, payloadType: 8, sequence: n, timestamp: n * 160, source, payload }
    capture.push({
      atUs: (atMs + n * 20) * 1000,
      sourcePort: port,
      destinationPort: mediaPort,
      payload: Buffer.from(rtpBytes(rtp)),
    })
  }
}

/** The caller presses a key from `atMs` on; it is up 100 ms later. */
function press(atMs: number, place: number, key: string, port = 12_000) {
  for (const packet of pressPackets(place, key)) {
    capture.push({ ...packet, atUs: atMs * 1000 + packet.atUs, sourcePort: mediaPort, destinationPort: port })
  }
}

function heard(): HeardCall[] {
  const inOrder = [...capture].sort((a, b) => a.atUs - b.atUs)
  return hear(inOrder, { presses: presses(script), beginnings, mediaPort })
}

/** A call in which all goes well: each prompt begins 3 ms after its answer. */
function goodCall(options = {}, port = 12_000) {
  prompt(0, greeting, 50, options)
  press(900, 0, '1', port)
  prompt(1_003, account, 20, options)
  press(1_500, 1, '4', port)
  press(1_700, 2, '#', port)
  prompt(1_803, pin, 50, options)
}

describe('latency', () => {
  it('runs from the last packet of the key to the first of the prompt that answers', () => {
    goodCall()
    expect(heard()[0]?.answers).toEqual([
      { step: 'language', latencyUs: 3_000 },
      { step: 'account', latencyUs: 3_000 },
    ])
  })

  it('counts from the last of the three packets that tell the end, when a network spreads them', () => {
    goodCall()
    const ends = capture.filter(({ atUs, sourcePort }) => atUs === 1_000_000 && sourcePort === mediaPort)
    expect(ends).toHaveLength(3)
    capture = capture.map(packet => (packet === ends[2] ? { ...packet, atUs: packet.atUs + 2_000 } : packet))
    expect(heard()[0]?.answers[0]).toEqual({ step: 'language', latencyUs: 1_000 })
  })

  it('does not take the rest of an interrupted prompt for the next one', () => {
    prompt(0, greeting, 52)
    press(900, 0, '1')
    prompt(1_045, account, 20)
    expect(heard()[0]?.answers).toEqual([{ step: 'language', latencyUs: 45_000 }])
  })

  it('does not begin at a key in the middle of an answer', () => {
    prompt(0, greeting, 10)
    press(300, 1, '4')
    prompt(500, pin, 10)
    expect(heard()[0]?.answers).toEqual([])
  })
})

describe('a call', () => {
  it('is whole when each answer got its prompt and the sound came evenly', () => {
    goodCall()
    expect(heard().map(isWhole)).toEqual([true])
  })

  it('fails when a prompt never came', () => {
    prompt(0, greeting, 50)
    press(900, 0, '1')
    prompt(1_003, account, 400)
    expect(heard().map(isWhole)).toEqual([false])
  })

  it('counts a gap over 60 ms within a prompt, and none where the caller keyed', () => {
    goodCall()
    prompt(1_803 + 50 * 20 + 41, pin, 5)
    expect(heard()[0]).toMatchObject({ longGaps: 1, longestGapUs: 61_000 })
  })

  it('bears one long gap in a hundred and fails beyond', () => {
    const call = { answers: [], longestGapUs: 0, complete: true, firstUs: 0, lastUs: 0 }
    expect(isWhole({ ...call, gaps: 300, longGaps: 3 })).toBe(true)
    expect(isWhole({ ...call, gaps: 300, longGaps: 4 })).toBe(false)
  })

  it('is told from others by its port, and from a later one on that port by its SSRC', () => {
    goodCall()
    goodCall({ port: 12_002, source: 6 }, 12_002)
    const shifted = capture.map(packet => ({ ...packet, atUs: packet.atUs + 10_000_000 }))
    capture = []
    goodCall({ source: 7 })
    capture = [...shifted, ...capture]
    expect(heard().map(isWhole)).toEqual([true, true, true])
  })
})
