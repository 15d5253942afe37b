/**
 * The line signals that the modem speaks: how fast, and with which two tones.
 *
 * All are binary FSK. The phase turns by ±πh per symbol around the centre frequency, where the modulation index
 * h = |mark − space| / baud; h decides how many phases a receiver has to tell apart (`phase-lattice.ts`).
 */

/** Every signal in this room is sampled at 8 kHz, the rate of a telephone channel (ITU-T G.711). */
export const SAMPLE_RATE = 8000

export interface LineMode {
  readonly name: ModeName
  /** Symbols per second; one symbol carries one bit. */
  readonly baud: number
  /** Tone of a binary 1, in hertz. */
  readonly markHz: number
  /** Tone of a binary 0, in hertz. */
  readonly spaceHz: number
}

export type ModeName = 'v23' | 'bell202' | 'v21-answer' | 'v21'

export const LINE_MODES: Readonly<Record<ModeName, LineMode>> = {
  /** ITU-T V.23 §2, mode 2, and ETSI ES 201 912 (SMS over the fixed line). h = 2/3. */
  v23: { name: 'v23', baud: 1200, markHz: 1300, spaceHz: 2100 },
  /** Bell 202, as caller-id and packet radio use it. h = 5/6. */
  bell202: { name: 'bell202', baud: 1200, markHz: 1200, spaceHz: 2200 },
  /** ITU-T V.21 §3, channel 1: the calling side sends. h = 2/3. */
  v21: { name: 'v21', baud: 300, markHz: 980, spaceHz: 1180 },
  /** ITU-T V.21 §3, channel 2: the answering side sends. h = 2/3. */
  'v21-answer': { name: 'v21-answer', baud: 300, markHz: 1650, spaceHz: 1850 },
}

/** Samples per symbol; not a whole number for any of the modes. */
export function symbolSamples(mode: LineMode): number {
  return SAMPLE_RATE / mode.baud
}
