/** How long a call, a prompt and an answer may take. Nothing in a call waits without one of these limits. */

/** The timers of an answer (ITU-T E.161 leaves them to the service), in milliseconds. */
export interface AnswerTimes {
  /** From the end of the prompt to the first key. */
  readonly firstKeyMs: number
  /** From one key to the next. */
  readonly interKeyMs: number
  /** The same where the entry may be whole already, as a `whole` length of a question says. */
  readonly wholeMs: number
  /** From the end of the prompt to the end of the entry, however diligently keys arrive. */
  readonly overallMs: number
  /** From the end of an offer to the question that follows when nobody takes it. */
  readonly offerMs: number
}

export interface CallLimits {
  readonly answer: AnswerTimes
  /** A call this old is ended at its next question: never between a sale and the telling of it. */
  readonly callMs: number
  /** How long a caller may talk with a clerk, which is not counted as the call's. */
  readonly talkMs: number
  /** A prompt may outlast its clips by this much before the line counts as broken. */
  readonly promptGraceMs: number
  /** How long a caller may put us on hold. */
  readonly holdMs: number
  /** How often: what was said to nobody is said again each time, and costs us a line. */
  readonly holds: number
  /** How often one question may be asked, all reasons together: repeats and help cost us a line, too. */
  readonly rounds: number
  /** Silences, or wrong answers, after which a question gives up. */
  readonly failures: number
  /** A `#` begun this soon after the last digit of a fixed-length entry belongs to that entry. */
  readonly strayHashMs: number
  /** Keys that follow each other this closely are one burst: nobody has listened in between. */
  readonly burstGapMs: number
  /** Slow work: the first comfort phrase, and the pause before each further one. */
  readonly comfortFirstMs: number
  readonly comfortAgainMs: number
  /** Work that is slower than this is a fault. Bank and merchant have shorter deadlines of their own. */
  readonly workMs: number
}

export const usualLimits: CallLimits = {
  answer: { firstKeyMs: 7_000, interKeyMs: 4_000, wholeMs: 2_500, overallMs: 60_000, offerMs: 4_000 },
  callMs: 20 * 60_000,
  talkMs: 60 * 60_000,
  promptGraceMs: 15_000,
  holdMs: 5 * 60_000,
  holds: 20,
  rounds: 12,
  failures: 3,
  strayHashMs: 3_000,
  burstGapMs: 500,
  comfortFirstMs: 1_500,
  comfortAgainMs: 6_000,
  workMs: 120_000,
}
