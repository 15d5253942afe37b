/** What counts as sound: a decoder in front of the modem may have a fault, and one sample of it would stay in every sum there is. */

/** 18 dB over full scale: more than noise and filters add. */
const LOUDEST = 8

/** The sample, or silence where it is no number, infinite, or louder than anything that a line makes. */
export function sound(sample: number): number {
  return Math.abs(sample) <= LOUDEST ? sample : 0
}
