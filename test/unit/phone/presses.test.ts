/** Which reports of Asterisk's are presses: times as a real Asterisk gave them, to phones that were met in the field. */
import { describe, expect, it } from 'vitest'
import { infoKeyMs } from '../../../src/phone/asterisk/key-report.ts'
import { Presses } from '../../../src/phone/asterisk/presses.ts'

/** `5@120` is a report of 5 at 120 ms; its length is that of the case, or `5@120/90`. `i5@120` came as SIP INFO. */
function pressesOf(reports: string, durationMs: number, steadyAfterMs = 6): { keys: string; isOdd: boolean } {
  const presses = new Presses()
  let keys = ''
  let isSteady = false
  for (const report of reports.split(' ')) {
    const [, way, key = '', at, duration] = report.match(/^(i?)(.)@(\d+)(?:\/(\d+))?$/) ?? []
    const isPress = presses.take({
      key,
      atMs: Number(at),
      durationMs: way ? infoKeyMs : Number(duration ?? durationMs),
    })
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
    ['INFO when a key is let go', '1@135 i1@180 2@299 i2@344 2@452 i2@517 3@652 i3@711', 100, '1223'],
    ['INFO when a key goes down', 'i1@1 1@96 i2@197 2@286 i2@376 2@458 i3@559 3@656', 100, '1223'],
    ['the same, the first event put off', 'i1@20 1@55 1@67 i1@170 1@254 i2@359 2@454 i2@558 2@636', 100, '1122'],
    ['the same, the first event not put off', 'i2@24 2@65 i2@160 2@257 i3@360 3@460', 100, '223'],
    ['INFO when a key goes down, the events late', 'i1@0 i2@160 1@190 2@350 i3@360 3@520', 100, '123'],
    [
      'INFO when a key is let go, one of them late',
      '4@6116 i4@6174 5@6515 i5@6574 5@6714 i5@6773 1@6922 i1@6977 0@7141 i0@7272 6@7570 i6@7615 6@7735 i6@7781',
      100,
      '4551066',
    ],
    [
      'INFO when a key is let go, one of them with the next key',
      '2@7144 i2@7251 2@7446 i2@7491 3@7649 i3@7784 3@7798 i3@7845 4@7986 i4@8048',
      100,
      '22334',
    ],
    ['INFO half a second late, when keys go down and events have come', 'i2@0 2@100 2@300 i2@640 2@700', 100, '222'],
    ['INFO alone, a digit twice in no time', 'i1@0 i1@85 i2@170 i2@255 i5@340 i5@380 i5@385', 100, '1122555'],
    ['INFO and tones', 'i1@40 1@60/63 i2@300 2@330/63 2@500/63 i2@540', 63, '122'],
    ['tones and INFO when a key is let go', '1@60/63 i1@90 1@300/63 i1@330 2@500/63 i2@540', 63, '112'],
    ['INFO alone, and a voice that sounds like a tone', 'i1@40 7@3000/63 i2@4000 i2@4200', 63, '1722'],
    ['INFO alone, the beep of a key heard once', 'i1@0 1@150/102 i2@900 i3@1800', 102, '123'],
    ['the same, of a length that an event may have, too', 'i1@0 1@190/140 i2@900 i3@1800', 140, '123'],
    ['INFO alone, and a voice that sounds like the key that follows', '5@1000/102 i5@1400 i2@2300 i3@3200', 102, '523'],
    ['INFO alone, the beep of the first of two heard', 'i5@0 5@90/63 i5@150 i2@900', 63, '552'],
    ['INFO alone, the beep of the second of two heard', 'i5@0 i5@150 5@240/63 i2@900', 63, '552'],
    [
      'a right PIN as INFO, the beeps of some keys heard',
      'i2@0 2@90/63 i4@400 i6@800 6@890/63 i8@1200 i1@1600 i0@2000',
      63,
      '246810',
    ],
    ['INFO and tones, fast hands', 'i5@0 5@80/63 i5@150 5@230/63 i5@300 5@380/63', 63, '555'],
    ['tones and INFO when a key is let go, two tones first', '5@60/63 5@200/63 i5@230 i5@330', 63, '55'],
    ['the same, an INFO lost and sent again', '4@60/63 i4@90 5@360/63 2@660/63 i2@690 i5@890', 63, '452'],
    ['INFO and tones, then events', 'i1@0 1@80/63 i2@400 2@490 3@800 i3@1500', 90, '123'],
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
