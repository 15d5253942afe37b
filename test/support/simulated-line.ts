/**
 * A telephone line on virtual time, and the caller at its other end. Prompts last as long as their clips; keys are
 * reported at their end, as Asterisk does. A caller is a program:
 *
 *   const call = await simulateCall(runtime, { speech, script }, async caller => {
 *     await caller.hears('sign-in.account')
 *     await caller.presses('1001#')
 *     await caller.beginsToHear('sign-in.pin')
 *     await caller.presses('246810', { afterMs: 200 })   // barge-in
 *     await caller.hangsUp()
 *   })
 *   expect(call.answers).toEqual(['sign-in.account valid', 'sign-in.pin valid'])
 */

import {
  CallGone,
  type ClerkLeg,
  type Clerks,
  type Digit,
  type FrameLink,
  type Joined,
  type Line,
  type LineListener,
  type Playback,
  type Progress,
  type Prompt,
  type Unsuitable,
} from '../../src/phone/line.ts'
import { type CallScript, type ServeCallOptions, serveCall } from '../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../src/phone/transcript.ts'
import { randomId } from '../../src/runtime.ts'
import type { Speech } from '../../src/speech/speech.ts'
import type { SimulatedLeg } from './simulated-clerk.ts'
import type { SimulatedSound } from './simulated-sound.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

export interface PressOptions {
  /** Before the first key goes down. */
  readonly afterMs?: number
  /** How long each key is held; the line reports it when it is let go. */
  readonly holdMs?: number
  /** From one key's release to the next key. */
  readonly gapMs?: number
}

export interface SimulatedCallOptions extends Omit<ServeCallOptions, 'runtime'> {
  readonly speech: Speech
  readonly script: CallScript
  readonly dialled?: string
  /** As if an earlier process had died with this call. */
  readonly resumed?: Progress
  /** The line carries sound as samples; without it, prompts and keys only. */
  readonly sound?: SimulatedSound
  /** It may be one that does not send its keys. */
  readonly mayLoseKeys?: boolean
  /** Whom the caller can be joined to. */
  readonly clerks?: Clerks
}

/** What became of a call. */
export interface SimulatedCall {
  readonly events: readonly TranscriptEvent[]
  /** `step class` of every answer, in order. */
  readonly answers: readonly string[]
  /** The phrases of all that was said, in order. */
  readonly said: readonly string[]
  readonly ended: string | undefined
  readonly lastsMs: number
  /** What the line was last told to remember. */
  readonly progress: Progress | undefined
  readonly line: SimulatedLine
}

/** One prompt as the caller hears it. `phrases` are those of the transcript that belong to it. */
export interface HeardPrompt {
  readonly phrases: readonly string[]
  readonly beganAtMs: number
  /** In clear: the caller hears secrets. */
  readonly text: string
  ended: 'finished' | 'stopped' | 'gone' | undefined
  endedAtMs: number | undefined
}

/** Runs one whole call. The caller who has nothing more to do keeps listening until the line ends. */
export async function simulateCall(
  runtime: VirtualRuntime,
  { script, dialled = '9001', resumed, sound, mayLoseKeys = false, clerks, ...options }: SimulatedCallOptions,
  program: (caller: SimulatedCaller) => Promise<void>,
): Promise<SimulatedCall> {
  const line = new SimulatedLine(runtime, dialled, { resumed, sound, mayLoseKeys, clerks })
  const events: TranscriptEvent[] = []
  const transcript = (event: TranscriptEvent) => {
    events.push(event)
    if (event.event === 'said') line.announce(event.phrase)
    options.transcript?.(event)
  }
  await runtime.run(async () => {
    const served = serveCall(line, script, { ...options, runtime, transcript }).then(() => line.end())
    await Promise.all([served, program(new SimulatedCaller(runtime, line))])
  })
  const of = <E extends TranscriptEvent['event']>(kind: E) =>
    events.filter((event): event is Extract<TranscriptEvent, { event: E }> => event.event === kind)
  return {
    events,
    answers: of('answered').map(({ step, answer }) => `${step} ${answer}`),
    said: of('said').map(({ phrase }) => phrase),
    ended: of('ended').at(-1)?.how,
    lastsMs: runtime.monotonicMs(),
    progress: line.progress,
    line,
  }
}

/** One request to Asterisk. */
const rememberMs = 3

/** Whoever calls, the network tells this of him. */
export const simulatedCallerNumber = '2001'
/** And vouches for it. */
export const simulatedCaller = { channel: 'telephone', number: simulatedCallerNumber, attested: true } as const

interface LineTraits {
  readonly clerks?: Clerks | undefined
  readonly resumed?: Progress | undefined
  readonly sound?: SimulatedSound | undefined
  readonly mayLoseKeys?: boolean
}

export class SimulatedLine implements Line {
  readonly callId: string
  readonly dialled: string
  readonly callerNumber = simulatedCallerNumber
  readonly callerAttested = true
  readonly resumed: Progress | undefined
  readonly keyReportLagMs = 400
  readonly mayLoseKeys: boolean
  readonly clerks?: Clerks
  readonly heard: HeardPrompt[] = []
  /** To a clerk: whatever the caller says or keys now is heard there. */
  isJoined = false
  progress: Progress | undefined
  /** Every progress that was remembered, oldest first. */
  readonly remembered: Progress[] = []
  readonly #runtime: VirtualRuntime
  readonly #sound: SimulatedSound | undefined
  #listener: LineListener | undefined
  #playing: { stop: (how: 'stopped' | 'gone') => void } | undefined
  #announced: string[] = []
  #isOver = false
  #onChange: (() => void)[] = []

  constructor(
    runtime: VirtualRuntime,
    dialled: string,
    { resumed, sound, mayLoseKeys = false, clerks }: LineTraits = {},
  ) {
    if (clerks) this.clerks = clerks
    this.mayLoseKeys = mayLoseKeys
    this.#runtime = runtime
    this.callId = randomId(runtime)
    this.dialled = dialled
    this.resumed = resumed
    this.progress = resumed
    this.#sound = sound
    if (sound) this.openFrameLink = () => sound.open(this)
  }

  openFrameLink?: () => Promise<FrameLink | Unsuitable>
  /** Set by a terminal at the other end. */
  sendDigits?: (digits: string) => Promise<void>

  listen(listener: LineListener): void {
    this.#listener = listener
  }

  /** The transcript names a phrase just before it is played. */
  announce(phrase: string): void {
    this.#announced.push(phrase)
  }

  play(prompt: Prompt): Playback {
    if (this.#playing) throw new Error('two prompts at once')
    if (this.isJoined) throw new Error('a prompt in the midst of a talk')
    if (this.#sound?.openNow) throw new Error('a prompt while a link is open')
    const phrases = this.#announced
    this.#announced = []
    const beganAtMs = this.#runtime.monotonicMs()
    const heard: HeardPrompt = {
      phrases,
      beganAtMs,
      text: prompt.revealed(),
      ended: undefined,
      endedAtMs: undefined,
    }
    this.heard.push(heard)
    const cut = new AbortController()
    let how: 'finished' | 'stopped' | 'gone' = 'finished'
    const stop = (reason: 'stopped' | 'gone') => {
      how = reason
      cut.abort()
    }
    if (this.#isOver) stop('gone')
    this.#playing = { stop }
    const lastsMs = prompt.clips.reduce((sumMs, clip) => sumMs + clip.durationMs, 0) - (prompt.skipMs ?? 0)
    const ended = this.#runtime
      .sleep(lastsMs, cut.signal)
      .catch(() => {})
      .then(() => {
        this.#playing = undefined
        heard.ended = how
        heard.endedAtMs = this.#runtime.monotonicMs()
        this.#changed()
        if (how === 'gone') throw new CallGone()
        return how
      })
    this.#changed()
    return {
      ended,
      stop: async () => {
        stop('stopped')
        await ended.catch(() => {})
      },
    }
  }

  async remember(progress: Progress): Promise<void> {
    await this.#runtime.sleep(rememberMs)
    if (this.#isOver) throw new CallGone()
    this.progress = progress
    this.remembered.push(progress)
  }

  async join(clerk: ClerkLeg): Promise<Joined> {
    if (this.#isOver) throw new CallGone()
    if (this.#playing) throw new Error('a talk while a prompt is played')
    let isOver = false
    void (clerk as SimulatedLeg).talks(() => isOver)
    this.isJoined = true
    return {
      part: async () => {
        isOver = true
        this.isJoined = false
      },
    }
  }

  async hangUp(): Promise<void> {
    this.end()
  }

  /** A key that went down at `beganAtMs` is let go. */
  keyUp(key: Digit, beganAtMs: number): void {
    if (!this.#isOver) this.#listener?.onKey({ key, beganAtMs })
  }

  hold(): void {
    if (!this.#isOver) this.#listener?.onHold()
  }

  unhold(): void {
    if (!this.#isOver) this.#listener?.onUnhold()
  }

  /** The caller leaves. */
  drop(): void {
    if (this.#isOver) return
    this.end()
    this.#listener?.onGone()
  }

  /** Nothing more happens on this line. */
  end(): void {
    this.#isOver = true
    this.#playing?.stop('gone')
    this.#changed()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Resolves when `ready` finds something; undefined when the line ends first. */
  async when<T>(ready: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const found = ready()
      if (found !== undefined || this.#isOver) return found
      await new Promise<void>(resolve => this.#onChange.push(resolve))
    }
  }

  #changed(): void {
    const waiting = this.#onChange
    this.#onChange = []
    for (const wake of waiting) wake()
  }
}

export class SimulatedCaller {
  readonly #runtime: VirtualRuntime
  readonly line: SimulatedLine
  /** Prompts before this one have been listened for. */
  #next = 0

  constructor(runtime: VirtualRuntime, line: SimulatedLine) {
    this.#runtime = runtime
    this.line = line
  }

  /** Waits until a prompt with this phrase, not listened for yet, has ended. Returns what it said, secrets in clear. */
  async hears(phrase: string): Promise<string> {
    const prompt = await this.#find(phrase)
    await this.line.when(() => prompt.ended)
    return prompt.text
  }

  /** What the last prompt said that `hears` or `hearsAny` waited for, secrets in clear. */
  get last(): string {
    return this.line.heard[this.#next - 1]?.text ?? ''
  }

  /** Waits until any prompt with one of these phrases has ended. Undefined when the call ends first. */
  async hearsAny(phrases: readonly string[]): Promise<string | undefined> {
    const prompt = await this.line.when(() => this.#nextWith(phrases))
    if (!prompt) return undefined
    await this.line.when(() => prompt.ended)
    return prompt.phrases.findLast(phrase => phrases.includes(phrase))
  }

  /** Waits until a prompt with this phrase begins. */
  async beginsToHear(phrase: string): Promise<void> {
    await this.#find(phrase)
  }

  /** Presses `keys` one after another. */
  async presses(keys: string, { afterMs = 500, holdMs = 80, gapMs = 150 }: PressOptions = {}): Promise<void> {
    await this.waits(afterMs)
    for (const key of keys) {
      const beganAtMs = this.#runtime.monotonicMs()
      await this.waits(holdMs)
      this.line.keyUp(key as Digit, beganAtMs)
      await this.waits(gapMs)
    }
  }

  async waits(ms: number): Promise<void> {
    await this.#runtime.sleep(ms)
  }

  async hangsUp(afterMs = 0): Promise<void> {
    await this.waits(afterMs)
    this.line.drop()
  }

  /** Puts us on hold for `ms`. */
  async holds(ms: number): Promise<void> {
    this.line.hold()
    await this.waits(ms)
    this.line.unhold()
  }

  async #find(phrase: string): Promise<HeardPrompt> {
    const found = await this.line.when(() => this.#nextWith([phrase]))
    if (!found) throw new Error(`never heard ${phrase}; heard ${JSON.stringify(this.line.heard.map(p => p.phrases))}`)
    return found
  }

  #nextWith(phrases: readonly string[]): HeardPrompt | undefined {
    const index = this.line.heard.findIndex(
      (prompt, at) => at >= this.#next && prompt.phrases.some(phrase => phrases.includes(phrase)),
    )
    if (index < 0) return undefined
    this.#next = index + 1
    return this.line.heard[index]
  }
}

/** A caller who does the same whenever a phrase is heard: `whenHearing({ 'sign-in.pin': '246810', goodbye: 'hang up' })`. */
export function whenHearing(reactions: Readonly<Record<string, string>>): (caller: SimulatedCaller) => Promise<void> {
  return async caller => {
    for (;;) {
      const phrase = await caller.hearsAny(Object.keys(reactions))
      if (phrase === undefined) return
      const reaction = reactions[phrase] ?? ''
      if (reaction === 'hang up') return caller.hangsUp()
      await caller.presses(reaction)
    }
  }
}
