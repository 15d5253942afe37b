/** The smaller parts of the call benchmark: percentiles, the kernel's counts, sipp's totals, the reference dialplan. */
import { describe, expect, it } from 'vitest'
import { readStatistics } from '../../../bench/calls/generator.ts'
import { percentile } from '../../../bench/calls/percentile.ts'
import { processorMs, ticksIn } from '../../../bench/calls/processes.ts'
import { referenceDialplan } from '../../../bench/calls/reference.ts'
import { authentication, scenarioXml } from '../../../bench/calls/scenario.ts'
import { signInAndListen } from '../../../bench/calls/script.ts'

describe('percentile', () => {
  it('is a value that was measured, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n)
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)]).toEqual([50, 99, 100])
    expect(percentile([3, 1, 2], 0.5)).toBe(2)
    expect(percentile([], 0.5)).toBeNaN()
  })
})

describe('processor time', () => {
  it('is found behind a name with spaces and brackets', () => {
    const stat = '12 (a) b (c) S 1 12 12 0 -1 4194560 1000 2000 0 0 111 22 3 4 20 0 30 0 5000'
    expect(ticksIn(stat)).toBe(111 + 22 + 3 + 4)
  })

  it('grows while this process works, and is 0 for one that has gone', () => {
    const before = processorMs(process.pid)
    // By its own time and not by the clock, of which others on a busy machine have most.
    const start = process.cpuUsage()
    for (let used = { user: 0, system: 0 }; used.user + used.system < 60_000; used = process.cpuUsage(start));
    expect(processorMs(process.pid) - before).toBeGreaterThanOrEqual(20)
    expect(processorMs(2 ** 30)).toBe(0)
  })
})

describe("sipp's statistics", () => {
  it('are the totals of the last line', () => {
    const csv = 'StartTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);\nx;1;1;0;\nx;4;98;2;\n'
    expect(readStatistics(csv)).toEqual({ successful: 98, failed: 2 })
  })

  it('are no number when there are none', () => {
    expect(readStatistics('').successful).toBeNaN()
  })
})

const clip = (name: string) => ({ name, durationMs: 1 })

describe('the reference dialplan', () => {
  const dialplan = referenceDialplan(
    {
      greeting: [clip('silence/500'), clip('en/welcome')],
      after: {
        language: [clip('en/account')],
        account: [clip('en/pin')],
        pin: [clip('en/hello'), clip('en/menu')],
        menu: [clip('en/balance'), clip('en/menu')],
      },
    },
    6,
    6,
  )

  it('plays the clips of a prompt as one list and goes on at the complete answer', () => {
    expect(dialplan).toContain('exten = s,1,Background(tonebank/silence/500&tonebank/en/welcome)')
    expect(dialplan).toContain('[reference-account]\nexten = s,1,Background(tonebank/en/account)')
    expect(dialplan).toContain('exten = _XXXXXX#,1,Goto(reference-pin,s,1)')
    expect(dialplan).toContain('exten = _XXXXXX,1,Goto(reference-menu,s,1)')
  })

  it('leads only to contexts that it has', () => {
    const contexts = [...dialplan.matchAll(/^\[(reference-\w+)\]/gm)].map(([, name]) => name)
    const targets = [...dialplan.matchAll(/Goto\((reference-\w+),/g)].map(([, name]) => name)
    expect(targets.length).toBeGreaterThan(5)
    expect(targets.filter(target => !contexts.includes(target))).toEqual([])
  })
})

describe('the scenario', () => {
  const xml = scenarioXml(signInAndListen(6, 6, { listenMs: 2_000, balances: 1 }), '/keys', {
    user: 'bench',
    authorization: authentication('bench', 'abc'),
  })

  it('presses a key that all press at once, and one of ten where callers differ', () => {
    expect(xml).toContain('<exec play_pcap_audio="/keys/0-1.pcap"/>')
    expect(xml).toContain('<exec play_pcap_audio="/keys/7-hash.pcap"/>')
    for (const digit of '0123456789') {
      expect(xml).toContain(`<nop condexec="is${digit}"><action><exec play_pcap_audio="/keys/3-${digit}.pcap"/>`)
    }
    expect(xml.match(/\[field\d+\]/g)).toHaveLength(12)
  })

  it('listens, presses, and hangs up', () => {
    expect(xml.match(/<pause milliseconds="2000"\/>/g)).toHaveLength(5)
    expect(xml.match(/<pause milliseconds="200"\/>/g)).toHaveLength(15)
    expect(xml.indexOf('BYE sip:')).toBeGreaterThan(xml.lastIndexOf('<pause'))
  })
})
