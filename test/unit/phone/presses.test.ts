/** Which reports of Asterisk's are presses: times as a real Asterisk gave them, to phones that were met in the field. */
import { describe, expect, it } from 'vitest'
import { Presses } from '../../../src/phone/asterisk/presses.ts'

/** `5@120` is a report of 5 at 120 ms; its length is that of the case, or `5@120/90`. */
function pressesOf(reports: string, durationMs: number, steadyAfterMs = 6): { keys: string; isOdd: boolean } {
  const presses = new Presses()
  let keys = ''
  let isSteady = false
  for (const report of reports.split(' ')) {
    const [, key = '', at, duration] = report.match(/^(.)@(\d+)(?:\/(\d+))?$/) ?? []
    const isPress = presses.take({ key, atMs: Number(at), durationMs: Number(duration ?? durationMs) })
    if (isPress) keys += key
    if (!presses.isOdd || isSteady) continue
    isSteady = true
    presses.steady(Number(at) + steadyAfterMs)
  }
  return { keys, isOdd: presses.isOdd }
}

describe('an ordinary telephone', () => {
  it.each([
    ['fast hands', '5@120 5@270', 90, '55'],
    ['short presses', '7@23 7@168 8@303 8@443', 40, '7788'],
    ['a press of 10 s', '7@10500/10000 8@10900', 100, '78'],
  ])('%s', (_, reports, durationMs, keys) => {
    expect(pressesOf(reports, durationMs)).toEqual({ keys, isOdd: false })
  })
})

describe('an odd telephone', () => {
  it.each([
    ['fast hands, and a network that takes 30 ms off the gap', '5@120 5@240', 90, '55'],
    ['end packets as new keys', '1@91 1@120 1@135 2@292 2@312 2@331 4@472 4@491 4@510', 100, '124'],
    ['the same, put off once before Asterisk was kept from it', '1@121 1@141 1@161 1@206 2@281 2@301 2@321', 100, '12'],
    ['the same, with a digit keyed twice', '5@100 5@120 5@140 5@185 5@300 5@320 5@340', 100, '55'],
    ['end packets as new keys, held 40 ms', '1@40 1@60 1@80 1@125 2@160 2@180 2@200', 40, '12'],
    ['the same, the last packet late', '2@5146 2@5167 2@5210 4@5326 4@5349 4@5365', 40, '24'],
    ['60 ms without a gap', '1@60 3@120 5@180 5@245 7@240 9@300', 60, '13579'],
    ['60 ms without a gap, a digit twice', '1@59 1@118 3@180 3@240 3@250', 60, '1133'],
    ['INFO when a key is let go', '1@135 1@180 2@299 2@344 2@452 2@517 3@652 3@711', 100, '1223'],
    ['INFO when a key goes down', '1@1 1@96 2@197 2@286 2@376 2@458 3@559 3@656', 100, '1223'],
    ['INFO when a key goes down, the first event late', '2@1 2@117 2@201 2@300 3@401 3@500', 100, '223'],
    ['INFO of another length when a key goes down', '1@1/250 1@101 2@161/250 2@261 2@321/250 2@421', 100, '122'],
    ['INFO of 160 ms when a key is let go', '1@100 1@146/160 2@260 2@355 2@400/160 2@420 2@466/160 3@580', 100, '1223'],
    [
      'INFO when a key is let go, one of them late',
      '4@6116 4@6174 5@6515 5@6574 5@6714 5@6773 1@6922 1@6977 0@7141 0@7272 6@7570 6@7615 6@7735 6@7781',
      100,
      '4551066',
    ],
    [
      'INFO when a key is let go, one of them with the next key',
      '2@7144 2@7251 2@7446 2@7491 3@7649 3@7784 3@7798 3@7845 4@7986 4@8048',
      100,
      '22334',
    ],
    [
      'INFO when a key goes down, the event late',
      '2@4428 2@4516 2@4573 2@4628 2@4688 3@4788 3@4888 6@6346 6@6436 6@6529 6@6608 7@6717 7@6811 7@6937 7@7094',
      100,
      '2236677',
    ],
  ])('%s', (_, reports, durationMs, keys) => {
    expect(pressesOf(reports, durationMs)).toEqual({ keys, isOdd: true })
  })

  it.each([
    ['tones, packet by packet', '1@25/25 5@143/38 9@235/38 0@322/38 7@410/38 7@495/38', '159077'],
    ['tones, whose packets come in bursts', '1@25/25 7@1051/38 7@1073/38 8@1100/38 0@1100/38', '17780'],
  ])('%s', (_, reports, keys) => {
    expect(pressesOf(reports, 38)).toEqual({ keys, isOdd: true })
  })

  it('is understood when Asterisk has acted out its echoes before it was kept from it', () => {
    const reports = '1@118 1@139 1@163 1@163 1@308 2@700 2@720 2@740'
    expect(pressesOf(reports, 100, 80).keys).toBe('12')
  })
})
