/** What may go wrong in a run, and where. */

/** What may befall a request to the institution; `away` befalls every later one, too. */
export const edgeMishaps = [
  'slow',
  'silent',
  'doubtful-done',
  'doubtful-undone',
  'away',
  'kill-before',
  'kill-after',
] as const

/** What may happen to the caller or the process while a prompt is played. */
export const promptMishaps = ['leave-before', 'leave-during', 'leave-after', 'press', 'kill-prompt'] as const

export type EdgeMishap = (typeof edgeMishaps)[number]
export type PromptMishap = (typeof promptMishaps)[number]

/** `at`: the index of the request, counted over the whole run, or of the prompt. */
export type Mishap = AtEdge | AtPrompt

interface AtEdge {
  readonly kind: EdgeMishap
  readonly at: number
}

interface AtPrompt {
  readonly kind: PromptMishap
  readonly at: number
}

export function isAtEdge(mishap: Mishap | undefined): mishap is AtEdge {
  return edgeMishaps.some(name => name === mishap?.kind)
}

/** From `away` on nothing answers any more; every other mishap befalls one request. */
export function edgeMishapAt(mishap: Mishap | undefined, index: number): EdgeMishap | undefined {
  if (!isAtEdge(mishap)) return undefined
  return index === mishap.at || (mishap.kind === 'away' && index > mishap.at) ? mishap.kind : undefined
}
