/**
 * What the process that starts an institution tells it, over their channel: a password is never an argument of a process,
 * an environment variable or a file.
 */
import { once } from 'node:events'
import { type SealedSecret, type Secret, secretCodec } from '../secret.ts'
import type { InstitutionEntry } from './installation/schema.ts'
import { decodeLine, encodeLine } from './owner/wire.ts'

export interface Brief {
  /** What the installation's file says of it, in one line: a channel between processes takes no `bigint`. */
  readonly entry: string
  /** The institution's books and keys. */
  readonly folder: string
  /** The generation of prompts to speak from. */
  readonly prompts: string
  readonly ari: { readonly url: string; readonly user: string; readonly password: SealedSecret }
  /** Where it listens for letters of other institutions, and where they listen: base URLs by id. */
  readonly clearing: { readonly port: number; readonly peers: Readonly<Record<string, string>> }
}

export function ariBrief({ url, user, password }: { url: string; user: string; password: Secret }): Brief['ari'] {
  return { url, user, password: secretCodec.encode(password) }
}

/** What the parent read and checked, as it goes into the brief. */
export const entryBrief = (entry: InstitutionEntry): Brief['entry'] => encodeLine(entry)

export const entryOf = ({ entry }: Brief): InstitutionEntry => decodeLine(entry) as InstitutionEntry

/** Waits for the brief. Throws when nobody started this process as an institution. */
export async function receiveBrief(): Promise<Brief> {
  if (process.send === undefined) throw new Error('an institution is started by `tonebank start`')
  const [brief] = await once(process, 'message')
  return brief
}

/** Resolves when the parent asks to stop, or is gone. */
export async function untilDismissed(): Promise<void> {
  await new Promise<void>(resolve => {
    process.on('message', message => message === 'stop' && resolve())
    process.once('disconnect', resolve)
  })
}
