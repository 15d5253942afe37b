/**
 * What the process that starts an institution tells it, over their channel: a password is never an argument of a process,
 * an environment variable or a file.
 */
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { MailServer } from '../confirmations/smtp.ts'
import { type SealedSecret, type Secret, secretCodec } from '../secret.ts'
import type { KeeperPlace } from '../store/keeper/place.ts'
import type { InstitutionEntry, WebSettings } from './installation/schema.ts'
import { decodeLine, encodeLine } from './owner/wire.ts'

export interface Brief {
  /** What the installation's file says of it, in one line: a channel between processes takes no `bigint`. */
  readonly entry: string
  /** The institution's books and keys. */
  readonly folder: string
  /** The generation of prompts to speak from. */
  readonly prompts: string
  /** Who keeps the log of its books, if anybody does. */
  readonly keeper?: KeeperBrief | undefined
  /** Where a bank's mail to its customers goes, if it writes any. */
  readonly mailServer?: MailServerBrief | undefined
  /** Its account at each Asterisk of the installation. */
  readonly asterisks: readonly (AriBrief & { readonly name: string })[]
  /** The port of the loopback at which it answers operators, and how long callers may go on talking when it drains. */
  readonly operations: { readonly port: number; readonly drainMs: number }
  /** Where browsers find it, when it has pages. */
  readonly web?: WebBrief | undefined
  /** Where its people find theirs: a bank's counter, a payee's office. */
  readonly desk?: WebBrief | undefined
  /** Where it listens for letters of other institutions, and where they listen: base URLs by id. */
  readonly clearing: { readonly port: number; readonly peers: Readonly<Record<string, string>> }
}

interface AriBrief {
  readonly url: string
  readonly user: string
  readonly password: SealedSecret
}

export type KeeperBrief = Omit<KeeperPlace, 'password'> & { readonly password?: SealedSecret | undefined }

export function keeperBrief(place: KeeperPlace | undefined): KeeperBrief | undefined {
  return place && { ...place, password: place.password && secretCodec.encode(place.password) }
}

export function keeperOf({ keeper }: Brief): KeeperPlace | undefined {
  return keeper && { ...keeper, password: keeper.password && secretCodec.decode(keeper.password) }
}

type MailServerBrief = Omit<MailServer, 'account'> & {
  readonly account?: { readonly user: string; readonly password: SealedSecret } | undefined
}

export function mailServerBrief(server: MailServer | undefined): MailServerBrief | undefined {
  if (server === undefined) return undefined
  const { account, ...rest } = server
  return { ...rest, account: account && { ...account, password: secretCodec.encode(account.password) } }
}

export function mailServerIn({ mailServer }: Brief): MailServer | undefined {
  if (mailServer === undefined) return undefined
  const { account, ...rest } = mailServer
  return { ...rest, account: account && { ...account, password: secretCodec.decode(account.password) } }
}

/** What the file says of its pages, with a port, and with files by their full names. */
export type WebBrief = Omit<WebSettings, 'port'> & { readonly port: number; readonly isHttps: boolean }

export function webBrief(settings: WebSettings, port: number, folder: string): WebBrief {
  const { https } = settings
  const at = (file: string) => resolve(folder, file)
  return {
    ...settings,
    port,
    ...(https && { https: { certificate: at(https.certificate), key: at(https.key) } }),
    isHttps: https !== undefined || settings.proxies.length > 0,
  }
}

/** As browsers are told. Behind a proxy the port is the proxy's own. */
export function webUrl({ names: [name], port, isHttps, proxies }: WebBrief): string {
  const isUsual = proxies.length > 0 || port === (isHttps ? 443 : 80)
  return `${isHttps ? 'https' : 'http'}://${name}${isUsual ? '' : `:${port}`}`
}

export function ariBrief({ url, user, password }: { url: string; user: string; password: Secret }): AriBrief {
  return { url, user, password: secretCodec.encode(password) }
}

/** As `connectEverywhere` takes them. */
export function asterisksOf({ asterisks }: Brief) {
  return asterisks.map(({ name, url, user, password }) => ({
    name,
    ari: { url, user, password: secretCodec.decode(password) },
  }))
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

/**
 * Resolves when the parent asks to stop, or is gone. Until then it may ask to drain, and is told `quiet` once that is done, or to `end`: to
 * drain and end afterwards. What it said before anybody listened is heard now.
 */
export async function untilDismissed({
  drain,
  end,
  came = [],
}: {
  readonly drain: () => Promise<unknown>
  readonly end: () => Promise<unknown>
  /** Before it served. */
  readonly came?: readonly unknown[]
}): Promise<void> {
  await new Promise<void>(resolve => {
    const hear = (message: unknown) => {
      if (message === 'stop') resolve()
      if (message === 'drain') void drain().then(() => tellParent('quiet'))
      if (message === 'end') void end()
    }
    process.on('message', hear)
    process.once('disconnect', resolve)
    for (const message of came) hear(message)
  })
}

/**
 * For a process that may wait for long before it can serve: aborts when the parent asks to stop, or is gone. `heard` ends the listening and says
 * what came, for `untilDismissed`, which listens from then on.
 */
export function dismissedEarly(): { readonly signal: AbortSignal; heard(): readonly unknown[] } {
  const leaving = new AbortController()
  const came: unknown[] = []
  const leave = (message: unknown) => {
    came.push(message)
    if (message === 'stop') leaving.abort(new Error('it was asked to stop before it served'))
  }
  const gone = () => leave('stop')
  process.on('message', leave)
  process.once('disconnect', gone)
  return {
    signal: leaving.signal,
    heard: () => {
      process.off('message', leave)
      process.off('disconnect', gone)
      return came
    },
  }
}

/** Also says that it drains and will end by itself, and need not be started again. */
export function tellParent(message: 'ready' | 'standing-by' | 'draining' | 'quiet'): void {
  // A parent that is gone meanwhile hears nothing, and its channel says so.
  if (process.connected) process.send?.(message, () => {})
}
