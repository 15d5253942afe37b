/** The tones around an exchange of frames. */
import { expect, test } from 'vitest'
import { frameBits } from '../../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { SignalToneDetector, signalTone } from '../../../src/modem/line/signal-tones.ts'
import { pad } from './line/impairments.ts'
import { seeded } from './line/random.ts'

const random = seeded(31)
const noise = (samples: Float32Array, sigma: number) =>
  pad(samples, 500, 900).map(sample => sample + sigma * random.gauss())

test('ready and goodbye are told apart, and no frame is taken for either', () => {
  const detector = new SignalToneDetector()
  const hear = (samples: Float32Array) => detector.push(noise(samples, 0.02))
  expect(hear(signalTone('ready'))).toEqual(['ready'])
  expect(hear(signalTone('goodbye'))).toEqual(['goodbye'])
  for (const mode of Object.values(LINE_MODES))
    expect(
      hear(modulate(frameBits({ type: 1, sequence: 1, keyId: 1, payload: new Uint8Array(100) }, mode), mode)),
    ).toEqual([])
})
