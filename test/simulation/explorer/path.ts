/**
 * The name of a run: where it happens, how each question is answered, and what goes wrong. Printed with every finding;
 * `npm run explore -- --path '…'` runs it again.
 *
 *   bank/regular/language.choose=key-1/sign-in.account=valid/sign-in.pin=valid/bank.menu=key-2/!kill-after:4
 */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { type EdgeMishap, edgeMishaps } from './edge.ts'

export interface Answer {
  readonly step: string
  readonly answer: AnswerClass
  /** Of several ways to answer in this class, which: `key-1`, `valid:below`. */
  readonly variant?: string
}

/** Something that happens to the caller or the process while the nth prompt of the run is played. */
export const promptMishaps = ['leave-before', 'leave-during', 'leave-after', 'press', 'kill-prompt'] as const
export type PromptMishap = (typeof promptMishaps)[number]

export interface Mishap {
  readonly kind: EdgeMishap | PromptMishap
  /** The index of the request, or of the prompt. */
  readonly at: number
}

export interface Path {
  readonly line: string
  readonly scenario: string
  readonly answers: readonly Answer[]
  readonly mishap?: Mishap
}

export const answerName = ({ answer, variant }: Answer) => (variant ? `${answer}:${variant}` : answer)

export function printPath({ line, scenario, answers, mishap }: Path): string {
  const parts = answers.map(answer => `${answer.step}=${answerName(answer)}`)
  return [line, scenario, ...parts, ...(mishap ? [`!${mishap.kind}:${mishap.at}`] : [])].join('/')
}

export function readPath(text: string): Path {
  const [line = '', scenario = '', ...parts] = text.split('/')
  const answers = parts.filter(part => !part.startsWith('!')).map(readAnswer)
  const mishaps = parts.filter(part => part.startsWith('!')).map(readMishap)
  return { line, scenario, answers, ...(mishaps[0] ? { mishap: mishaps[0] } : {}) }
}

function readAnswer(part: string): Answer {
  const [, step, answer, variant] = /^([^=]+)=([^:]+)(?::(.+))?$/.exec(part) ?? []
  if (!step || !answer) throw new Error(`not an answer: ${part}`)
  return { step, answer: answer as AnswerClass, ...(variant ? { variant } : {}) }
}

function readMishap(part: string): Mishap {
  const [, kind, at] = /^!([a-z-]+):(\d+)$/.exec(part) ?? []
  const known = [...edgeMishaps, ...promptMishaps].find(name => name === kind)
  if (!known) throw new Error(`not a mishap: ${part}`)
  return { kind: known, at: Number(at) }
}
