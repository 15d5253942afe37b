/** What pages are served with: a stylesheet, a module, a mark. Each has its content's hash in its address, and is kept for ever. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const types = {
  'style.css': 'text/css; charset=utf-8',
  'improve.js': 'text/javascript; charset=utf-8',
  'passkey.js': 'text/javascript; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'mark.svg': 'image/svg+xml',
} as const

/** Made of modules when an installation starts, for the one page that has a telephone: the card phone and its worker when somebody wants them. */
export type TelephoneScripts = Readonly<Record<'telephone.js' | 'card-phone.js' | 'frames-worker.js', Buffer>>

type FileName = keyof typeof types | keyof TelephoneScripts

export interface Served {
  readonly url: string
  readonly type: string
  readonly content: Buffer
}

export interface Files {
  urlOf(name: FileName): string
  readonly all: readonly Served[]
}

/** Reads them once. */
export function readFiles(scripts?: TelephoneScripts): Files {
  const served = new Map<FileName, Served>()
  const serve = (name: FileName, type: string, content: Buffer) => {
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 12)
    served.set(name, { url: `/files/${hash}/${name}`, type, content })
  }
  for (const name of Object.keys(types) as (keyof typeof types)[])
    serve(name, types[name], readFileSync(fileURLToPath(new URL(`files/${name}`, import.meta.url))))
  for (const name of Object.keys(scripts ?? {}) as (keyof TelephoneScripts)[])
    if (scripts) serve(name, types['improve.js'], scripts[name])
  return {
    urlOf: name => served.get(name)?.url ?? '',
    all: [...served.values()],
  }
}
