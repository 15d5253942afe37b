/** What an exploration comes to, for people: coverage, what is missing, what was found and how to see it again. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalogueSpeech } from '../../support/speech.ts'
import type { Explored } from './shares.ts'
import { coverageLines, type Exploration, missing } from './tally.ts'

export interface Report {
  readonly text: string
  readonly isRight: boolean
}

/** @param scripts the folder in which every sentence must have been said */
export function report(explored: Explored, scripts = 'ivr'): Report {
  const parts = Object.entries(explored).map(([line, exploration]) => ({
    line,
    exploration,
  }))
  const gaps = [
    ...parts.flatMap(({ line, exploration }) =>
      Object.entries(missing(exploration)).flatMap(([kind, keys]) => keys.map(key => `${line}, ${kind}: ${key}`)),
    ),
    ...unsaid(
      parts.flatMap(({ exploration }) => Object.keys(exploration.said)),
      scripts,
    ).map(phrase => `never said: ${phrase}`),
  ]
  const findings = parts.flatMap(({ exploration }) => exploration.findings)
  return {
    text: [
      ...parts.flatMap(({ line, exploration }) => [
        `${line}: ${exploration.runs} runs, ${exploration.left.length} left to a night`,
        ...coverageLines(exploration).map(text => `  ${text}`),
      ]),
      ...(gaps.length > 0 ? ['not covered:', ...gaps.map(gap => `  ${gap}`)] : []),
      ...describe(findings),
    ].join('\n'),
    isRight: gaps.length === 0 && findings.length === 0,
  }
}

/** Each finding once, with the shortest path that shows it. */
function describe(findings: Exploration['findings']): string[] {
  const shortest = new Map<string, string>()
  for (const { finding, path } of findings) {
    const known = shortest.get(finding)
    if (known === undefined || path.length < known.length) shortest.set(finding, path)
  }
  return [...shortest].flatMap(([finding, path]) => [`FOUND ${finding}`, `  npm run explore -- --path '${path}'`])
}

/** Sentences that a script names and no caller has heard, in each language. */
function unsaid(said: readonly string[], scripts: string): string[] {
  const heard = new Set(said)
  return phrasesIn(scripts)
    .flatMap(phrase => ['en', 'zh'].map(language => `${language} ${phrase}`))
    .filter(each => !heard.has(each))
}

/** Every text in quotes that is the key of a phrase, but for outcomes that are compared with. */
function phrasesIn(folder: string): string[] {
  const speech = catalogueSpeech()
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .flatMap(name =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/(?<!case |=== )'([a-z0-9.-]+)'/g)].map(
        ([, key]) => key ?? '',
      ),
    )
  // What a clerk hears stands in no caller's transcript.
  return [...new Set(texts)].filter(key => speech.has(key) && !key.startsWith('care.clerk.'))
}
