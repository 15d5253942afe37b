/** Where a keeper's PostgreSQL is, and how long what is asked of it may take. */
import type { Secret } from '../../secret.ts'

export interface KeeperPlace {
  /** Of one cluster: whichever of them writes is used. A host that begins with `/` is the folder of a Unix socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly database: string
  readonly user: string
  readonly password?: Secret | undefined
  /** Without it nothing is encrypted: for a socket of this machine. `ca`: certificates (PEM) of who may vouch for the server. */
  readonly tls?: { readonly ca: string } | undefined
}

/** In milliseconds. */
export interface KeeperTimes {
  /** How long a lease lasts, from before it was asked for. */
  readonly leaseMs: number
  readonly renewEveryMs: number
  /** How often who stands by looks for new records, and whether the lease is free. */
  readonly lookEveryMs: number
  /** The longest that one connection may take to be made. */
  readonly connectMs: number
  /** The longest that a statement may take, a COMMIT with its synchronous standby included. */
  readonly answerMs: number
}

/**
 * Of renewals alone: one connection that is dead must not cost the lease, and another one is made while it lasts. The least is what a busy
 * machine needs for a connection.
 */
export function renewalTimes(times: KeeperTimes): KeeperTimes {
  const least = 250
  return {
    ...times,
    connectMs: Math.min(times.connectMs, Math.max(least, times.leaseMs / 6)),
    answerMs: Math.min(times.answerMs, Math.max(least, times.leaseMs / 4)),
  }
}

export const usualTimes: KeeperTimes = {
  leaseMs: 3_000,
  renewEveryMs: 1_000,
  lookEveryMs: 200,
  connectMs: 1_000,
  answerMs: 5_000,
}
