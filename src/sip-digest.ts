/** Says who calls by digest (RFC 7616, in SIP RFC 8760): SHA-256 or MD5, whichever the exchange names first, `qop=auth`. */
import { createHash } from 'node:crypto'
import type { Secret } from './secret.ts'

export interface SipAccountOf {
  readonly user: string
  readonly password: Secret
}

const hashes: ReadonlyMap<string, string> = new Map(
  Object.entries({ 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256', MD5: 'md5' }),
)

export interface Challenge {
  readonly realm: string
  readonly nonce: string
  /** As the exchange wrote it; `MD5` where it wrote none. */
  readonly algorithm: string
  readonly qop: 'auth' | undefined
  readonly opaque: string | undefined
  /** The password may be right: only the nonce was too old. */
  readonly stale: boolean
}

/** The first of these challenges that can be answered (RFC 8760, section 2.4: they stand in the order of preference). */
export function challengeIn(headers: readonly string[]): Challenge | undefined {
  return headers.map(challengeOf).find(challenge => challenge !== undefined)
}

function challengeOf(header: string): Challenge | undefined {
  const [, parameters] = /^Digest\s+(.*)$/is.exec(header) ?? []
  if (parameters === undefined) return undefined
  const fields = new Map<string, string>()
  for (const [, name = '', quoted, plain] of parameters.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    fields.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '')
  const [realm, nonce] = [fields.get('realm'), fields.get('nonce')]
  const algorithm = fields.get('algorithm') ?? 'MD5'
  const qops = fields
    .get('qop')
    ?.split(',')
    .map(qop => qop.trim().toLowerCase())
  if (realm === undefined || nonce === undefined || !hashes.has(algorithm.toUpperCase())) return undefined
  if (qops && !qops.includes('auth')) return undefined
  const stale = fields.get('stale')?.toLowerCase() === 'true'
  return { realm, nonce, algorithm, qop: qops && 'auth', opaque: fields.get('opaque'), stale }
}

export interface Asked {
  readonly method: string
  readonly uri: string
  /** How often this nonce has been answered, this time included. */
  readonly count: number
  readonly cnonce: string
}

/** The value of Authorization or Proxy-Authorization. */
export function digestAnswer(challenge: Challenge, { user, password }: SipAccountOf, asked: Asked): string {
  const { realm, nonce, algorithm, qop, opaque } = challenge
  const name = hashes.get(algorithm.toUpperCase()) ?? 'md5'
  const hash = (...parts: string[]) => createHash(name).update(parts.join(':')).digest('hex')
  const count = asked.count.toString(16).padStart(8, '0')
  const who = hash(user, realm, password.reveal())
  const what = hash(asked.method, asked.uri)
  const response = qop ? hash(who, nonce, count, asked.cnonce, qop, what) : hash(who, nonce, what)
  const quoted = { username: user, realm, nonce, uri: asked.uri, response, ...(opaque !== undefined && { opaque }) }
  return [
    `Digest ${Object.entries(quoted)
      .map(([field, value]) => `${field}="${escaped(value)}"`)
      .join(', ')}`,
    `algorithm=${algorithm}`,
    ...(qop ? [`qop=${qop}`, `nc=${count}`, `cnonce="${asked.cnonce}"`] : []),
  ].join(', ')
}

const escaped = (value: string) => value.replace(/["\\]/g, '\\$&')
