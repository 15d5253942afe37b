/** SRTP against what others published, and against an attacker on the line. */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rtpBytes } from '../../../src/rtp/packet.ts'
import { keystream, SrtpReceiver, SrtpSender, sessionKeys } from '../../../src/terminal/sip/srtp.ts'

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex')
/** RFC 3711, appendix B.3; libsrtp's own packets (test/srtp_driver.c) are made under the same. */
const master = hex('e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6')

describe('published vectors', () => {
  it('the counter mode of RFC 3711, appendix B.2', () => {
    const key = hex('2b7e151628aed2a6abf7158809cf4f3c')
    const at = (block: string) => keystream(key, hex(block), 16).toString('hex')
    expect(keystream(key, hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd0000'), 48)).toEqual(
      hex('e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab 41e95b3bb0a2e8dd477901e4fca894c0'),
    )
    expect(at('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')).toBe('ec8cdf7398607cb0f2d21675ea9ea1e4')
    expect(at('f0f1f2f3f4f5f6f7f8f9fafbfcfdff00')).toMatch(/^362b7c3c6773516/)
  })

  it('the key derivation of RFC 3711, appendix B.3', () => {
    expect(sessionKeys(master, 'rtp')).toEqual({
      cipher: hex('c61e7a93744f39ee10734afe3ff7a087'),
      salt: hex('30cbbc08863d8c85d49db34a9ae1'),
      auth: hex('cebe321f6ff7716b6fd4ab49af256a156d38baa4'),
    })
  })

  it('HMAC-SHA-1 of RFC 2202, which makes the tags', () => {
    expect(createHmac('sha1', Buffer.alloc(20, 0x0b)).update('Hi There').digest('hex')).toBe(
      'b617318655057264e28bc0b6fb378c8ef146be00',
    )
  })

  it('a packet of libsrtp', () => {
    const clear = hex(`800f1234decafbadcafebabe ${'ab'.repeat(16)}`)
    const secured = hex('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb')
    expect(new SrtpSender(master).protect(clear)).toEqual(secured)
    expect(new SrtpReceiver(master).open(secured)).toEqual(clear)
  })

  it('a report of libsrtp', () => {
    const clear = hex(`81c8000bcafebabe ${'ab'.repeat(16)}`)
    expect(new SrtpSender(master).protectReport(clear)).toEqual(
      hex('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798'),
    )
  })
})

describe('packets', () => {
  const packet = (sequence: number, source = 7) => {
    const payload = Uint8Array.from({ length: 20 }, (_, index) => (index * 31 + sequence) & 0xff)
    return Buffer.from(
      rtpBytes({ payloadType: 8, marker: false, sequence, timestamp: sequence * 160, source, payload }),
    )
  }

  it('open across the rollover of the sequence number, reordered and with losses', () => {
    const [sender, receiver] = [new SrtpSender(master), new SrtpReceiver(master)]
    const numbers = Array.from({ length: 70_000 }, (_, number) => (65_000 + number) & 0xffff)
    const secured = numbers.map(number => sender.protect(packet(number)))
    const swapped = secured.map((_, at) => secured[at ^ 1] ?? secured[at])
    let [opened, passed] = [0, 0]
    for (const [at, bytes] of swapped.entries()) {
      if (at % 97 === 5) continue
      passed++
      const clear = bytes && receiver.open(bytes)
      if (clear?.equals(packet(numbers[at ^ 1] ?? 0))) opened++
    }
    expect(passed).toBeGreaterThan(69_000)
    expect(opened).toBe(passed)
  })

  it('are refused when one bit of them differs, whichever', () => {
    const secured = new SrtpSender(master).protect(packet(100))
    const receiver = new SrtpReceiver(master)
    for (let bit = 0; bit < secured.length * 8; bit++) {
      const changed = Buffer.from(secured)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(receiver.open(changed), `bit ${bit}`).toBeUndefined()
    }
    expect(receiver.open(secured)).toEqual(packet(100))
  })

  it('are refused a second time, and when they are too old to know', () => {
    const [sender, receiver] = [new SrtpSender(master), new SrtpReceiver(master)]
    const secured = Array.from({ length: 100 }, (_, number) => sender.protect(packet(number + 1)))
    const [first, second] = secured
    for (const bytes of secured.slice(1)) expect(receiver.open(bytes)).toBeDefined()
    for (const bytes of secured) expect(receiver.open(bytes)).toBeUndefined()
    expect(first && second).toBeDefined()
  })

  it('of each source count by themselves', () => {
    const receiver = new SrtpReceiver(master)
    expect(receiver.open(new SrtpSender(master).protect(packet(5, 1)))).toBeDefined()
    expect(receiver.open(new SrtpSender(master).protect(packet(5, 2)))).toBeDefined()
    expect(receiver.open(new SrtpSender(master).protect(packet(5, 1)))).toBeUndefined()
  })

  it('that are too short or say more than they hold are none', () => {
    const receiver = new SrtpReceiver(master)
    for (const text of ['', '80', '8008000100000002', `9f080001${'00'.repeat(20)}`])
      expect(receiver.open(hex(text)), text).toBeUndefined()
  })
})
