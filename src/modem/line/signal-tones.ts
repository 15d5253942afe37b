/**
 * The two tones around an exchange of frames: "ready" before, so that the other end sends when this one listens, and "goodbye" after.
 *
 * As in SIA DC-05 (Contact ID): 1400 Hz for 100 ms, a pause, 2300 Hz for 100 ms say ready; a long 1400 Hz ends the exchange. The detector wants most of the
 * energy in one tone for 60 ms, which speech and modem signals do not give.
 */

import { joinedSound } from './joined-sound.ts'
import { SAMPLE_RATE } from './modes.ts'
import { amplitudeOf } from './modulator.ts'
import { sound } from './sound.ts'

export type SignalTone = 'ready' | 'goodbye'

const LOW_HZ = 1400
const HIGH_HZ = 2300
const LEVEL_DBM0 = -10
const STEP = 80
/** Share of the energy that the tone must hold in each 10 ms. */
const LEAST_SHARE = 0.7
const LEAST_POWER = 1e-5
const SHORT_STEPS = { least: 6, most: 14 }
const LONG_STEPS = 40
/** Pause between the two tones of "ready", in steps of 10 ms. */
const MOST_PAUSE_STEPS = 20

export function signalTone(tone: SignalTone): Float32Array {
  return tone === 'ready'
    ? joinedSound([sine(LOW_HZ, 100), new Float32Array(800), sine(HIGH_HZ, 100)])
    : sine(LOW_HZ, 600)
}

function sine(hz: number, ms: number): Float32Array {
  const peak = amplitudeOf(LEVEL_DBM0)
  return Float32Array.from(
    { length: (ms * SAMPLE_RATE) / 1000 },
    (_, n) => peak * Math.sin((2 * Math.PI * hz * n) / SAMPLE_RATE),
  )
}

export class SignalToneDetector {
  private readonly step = new Float32Array(STEP)
  private filled = 0
  private current: 'low' | 'high' | 'none' = 'none'
  private steps = 0
  /** Steps since a short low tone ended, or −1. */
  private sinceLow = -1

  /** Takes samples (−1…1, 8 kHz) and tells of each signal that has just become certain. */
  push(samples: Float32Array): SignalTone[] {
    const heard: SignalTone[] = []
    for (let n = 0; n < samples.length; n++) {
      this.step[this.filled++] = sound(samples[n]!)
      if (this.filled < STEP) continue
      this.filled = 0
      const tone = this.follow(this.classify())
      if (tone !== undefined) heard.push(tone)
    }
    return heard
  }

  private classify(): 'low' | 'high' | 'none' {
    let energy = 0
    for (let n = 0; n < STEP; n++) energy += this.step[n]! ** 2
    if (energy < LEAST_POWER * STEP) return 'none'
    if (this.share(LOW_HZ, energy) > LEAST_SHARE) return 'low'
    return this.share(HIGH_HZ, energy) > LEAST_SHARE ? 'high' : 'none'
  }

  private share(hz: number, energy: number): number {
    const angle = (2 * Math.PI * hz) / SAMPLE_RATE
    let re = 0
    let im = 0
    for (let n = 0; n < STEP; n++) {
      re += this.step[n]! * Math.cos(angle * n)
      im += this.step[n]! * Math.sin(angle * n)
    }
    return ((re * re + im * im) * 2) / (STEP * energy)
  }

  private follow(tone: 'low' | 'high' | 'none'): SignalTone | undefined {
    if (this.sinceLow >= 0 && ++this.sinceLow > MOST_PAUSE_STEPS + SHORT_STEPS.most) this.sinceLow = -1
    if (tone !== this.current) {
      if (this.current === 'low' && this.steps >= SHORT_STEPS.least && this.steps <= SHORT_STEPS.most) this.sinceLow = 0
      this.current = tone
      this.steps = 0
    }
    this.steps++
    if (tone === 'low' && this.steps === LONG_STEPS) return 'goodbye'
    if (tone !== 'high' || this.steps !== SHORT_STEPS.least || this.sinceLow < 0) return undefined
    this.sinceLow = -1
    return 'ready'
  }
}
