/**
 * The name of a run: where it happens, how each question is answered, and what goes wrong. Printed with every finding;
 * `npm run explore -- --path '…'` runs it again.
 *
 *   bank/regular/language.choose=key-1/sign-in.account=valid/sign-in.pin=valid/bank.menu=key-2/!kill-after:4
 */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { edgeMishaps, type Mishap, promptMishaps } from './mishap.ts'

export interface Answer {
  readonly step: string
  readonly answer: AnswerClass
  /** Of several ways to answer in this class, which: `key-1`, `valid:below`. */
  readonly variant?: string
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
  return { kind: known, at: Number(at) } as Mishap
}
