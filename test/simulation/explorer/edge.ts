/**
 * The edge between a call script and its institution: every request that crosses it is written down, and one of them may
 * meet with a mishap: a slow answer, none, a doubtful one, or the death of the process before or after it was served.
 */
import { UnknownOutcome } from '../../../src/store/store.ts'
import type { EdgeMishap } from './mishap.ts'

export interface Request {
  /** Counted over the whole run. */
  readonly index: number
  readonly method: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly atMs: number
  /** What the institution made of it, whether or not the caller came to know. */
  result?: unknown
  /** When the script was answered, if ever; and whether by a refusal to say what happened. */
  answeredAtMs?: number
  failed?: boolean
}

/** Requests that change something, or tell a secret. Signing in counts its tries; opening a voucher does, too. */
export const changes: ReadonlySet<string> = new Set([
  ...[
    'signIn',
    'rememberLanguage',
    'changePin',
    'sellVoucher',
    'confirmHeard',
    'transfer',
    'askByCard',
    'payByCard',
    'becameOfCard',
    'backupPassword',
    'block',
    'heardOfReturned',
    'heardOfTransfer',
    'passkeyCode',
    'becomePayee',
    'stopBeingPaid',
    'registerTelephone',
    'forgetTelephone',
    'askForCallBack',
  ],
  ...['openVoucher', 'pay', 'revealPassword', 'unlock', 'changePassword', 'endVoucher', 'heardOf'],
  ...['askSignIn', 'askTrade', 'trade', 'askCancel', 'cancel', 'askPayIn', 'payIn', 'askPayOut', 'payOut'],
  ...['beginListening', 'payUnit', 'unitBegun', 'endListening'],
])

export interface EdgeOptions {
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Numbers requests over all lives of the process. */
  readonly nextIndex: () => number
  readonly mishapOf: (index: number) => EdgeMishap | undefined
  readonly onRequest: (request: Request) => void
  /** The process dies. Whatever it was doing goes no further. */
  readonly kill: () => void
}

const slowMs = 20_000
/** Longer than a call waits for any work. */
const silentMs = 600_000

export function atEdge<I extends object>(institution: I, options: EdgeOptions): I {
  return new Proxy(institution, {
    get(target, method: string) {
      const value: unknown = Reflect.get(target, method)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        return cross(method, args, () => value.apply(target, args) as Promise<unknown>, options)
      }
    },
  })
}

async function cross(
  method: string,
  args: readonly unknown[],
  serve: () => Promise<unknown>,
  { nowMs, sleep, nextIndex, mishapOf, onRequest, kill }: EdgeOptions,
): Promise<unknown> {
  const request: Request = { index: nextIndex(), method, facts: factsOf(args), atMs: nowMs() }
  const mishap = mishapOf(request.index)
  onRequest(request)
  if (mishap === 'kill-before') {
    kill()
    return new Promise(() => {})
  }
  if (mishap === 'slow') await sleep(slowMs)
  if (mishap === 'silent') await sleep(silentMs)
  if (mishap !== 'away' && mishap !== 'doubtful-undone') {
    try {
      request.result = await serve()
    } catch (refusal) {
      request.answeredAtMs = nowMs()
      request.result = { outcome: refusal instanceof Error ? refusal.name : 'failed' }
      throw refusal
    }
  }
  if (mishap === 'kill-after') {
    kill()
    return new Promise(() => {})
  }
  request.answeredAtMs = nowMs()
  if (mishap === 'away' || mishap === 'doubtful-done' || mishap === 'doubtful-undone') {
    request.failed = true
    throw new UnknownOutcome(new Error('the explorer said so'))
  }
  return request.result
}

/** One record of facts, whether a method takes a record or single values, and whatever a session is for. */
function factsOf(args: readonly unknown[]): Record<string, unknown> {
  const [first] = args
  if (typeof first !== 'object' || first === null) return { first }
  return 'session' in first ? { ...first, ...(first.session as object) } : { ...first }
}

/** Requests that were served, retries of one intent counted once. */
export function distinctByIntent(requests: readonly Request[], method: string): Request[] {
  const served = requests.filter(request => request.method === method && request.result !== undefined)
  return [...new Map(served.map(request => [request.facts['intent'], request])).values()]
}
