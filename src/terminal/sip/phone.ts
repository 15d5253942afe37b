/**
 * The payment terminal's own telephone: SIP over UDP or TLS, sound in A-law with the keys beside it as telephone events, in
 * the clear on one machine and under SRTP over TLS. It registers nowhere, as nobody calls it, and holds one call for each
 * `open`, each with a connection of its own. Forking proxies and early media are not for it: it calls its exchange directly.
 *
 *     const exchange = { host: 'bank.example', port: 5061, transport: { tls: { fingerprint } } } as const
 *     const telephone = new SipPhone({ exchange, account: { user, password: new Secret(password) } }, systemRuntime)
 *     const opened = await telephone.open('9001')
 */
import type { Cancelled, Runtime } from '../../runtime.ts'
import type { SipAccountOf } from '../../sip-digest.ts'
import type { SipResponse } from '../../sip-message.ts'
import type { NotOpened, Opened, Telephone, TerminalLine } from '../line.ts'
import { SipCall } from './call.ts'
import { type LineShim, Media } from './media.ts'
import { openMediaPorts } from './media-ports.ts'
import { masterBytes } from './srtp.ts'
import type { Answer } from './transactions.ts'
import { connectTo, type Exchange } from './transport.ts'

export interface SipPhoneOptions {
  readonly exchange: Exchange
  readonly account: SipAccountOf
  /** How long it may ring. */
  readonly ringMs?: number
  /** `tones` where telephone events are lost on the way: the exchange then listens for the tones of digits. */
  readonly keysAs?: TerminalLine['keysAs']
  /** For benches. */
  readonly shim?: LineShim
}

const usualRingMs = 60_000
/** After a CANCEL an exchange that was never heard of again has so long to answer the INVITE (RFC 3261, section 9.1). */
const cancelWithinMs = 32_000
const notAcceptable: NotOpened = { outcome: 'refused', status: 488, reason: 'no sound that both can do' }

export class SipPhone implements Telephone {
  readonly #options: SipPhoneOptions
  readonly #runtime: Runtime

  constructor(options: SipPhoneOptions, runtime: Runtime) {
    this.#options = options
    this.#runtime = runtime
  }

  async open(number: string, givingUp?: Cancelled): Promise<Opened> {
    const { exchange, account, keysAs = 'events', shim } = this.#options
    const runtime = this.#runtime
    const connected = await connectTo(exchange, runtime)
    if (connected.outcome !== 'connected') return connected
    const { transport } = connected
    const { address } = transport.own
    const ports = await openMediaPorts(address, runtime).catch(error => {
      transport.close()
      throw error
    })
    const key = exchange.transport === 'udp' ? undefined : runtime.random(masterBytes)
    const media = new Media(ports, key, runtime, shim)
    const own = { address, port: ports.port, key, hasEvents: keysAs === 'events', version: 1 }
    const call = new SipCall({ exchange, account, number, transport, media, own, runtime })
    return this.#ask(call, givingUp)
  }

  async #ask(call: SipCall, givingUp: Cancelled | undefined): Promise<Opened> {
    const patience = new Patience(this.#runtime, this.#options.ringMs ?? usualRingMs, givingUp)
    let proof: { readonly line: string; readonly stale: boolean } | undefined
    try {
      for (let proofs = 0; ; proofs++) {
        let isHeard = false
        let onHeard = () => {}
        const { answer, cancel } = call.invite(proof ? [proof.line] : [], () => {
          isHeard = true
          onHeard()
        })
        const first = await Promise.race([answer, patience.over])
        if (first === 'no answer' || first === 'given up') {
          // A CANCEL that overtakes its INVITE would end nothing (section 9.1).
          if (isHeard) cancel()
          else onHeard = cancel
          void this.#clearAway(call, answer)
          return { outcome: first }
        }
        if (first.kind !== 'response') {
          call.abandon()
          return { outcome: 'unreachable', why: first.kind === 'nothing' ? 'no answer within 32 s' : first.why }
        }
        const { response } = first
        if (response.status < 300)
          return (await call.accepted(response)) ? { outcome: 'open', line: call } : notAcceptable
        proof = [401, 407].includes(response.status) ? call.prove('INVITE', response) : undefined
        if (proof && (proofs === 0 || (proofs === 1 && proof.stale))) continue
        call.abandon()
        const isDoubted = proofs > 0 && [401, 403, 407].includes(response.status)
        return isDoubted ? { outcome: 'wrong password' } : refusalOf(response)
      }
    } finally {
      patience.end()
    }
  }

  /** The caller has gone on. What may still come of the INVITE is ended. */
  async #clearAway(call: SipCall, asked: Promise<Answer>): Promise<void> {
    const answer = await Promise.race([asked, this.#runtime.sleep(cancelWithinMs)])
    if (answer?.kind === 'response' && answer.response.status < 300 && (await call.accepted(answer.response)))
      await call.hangUp()
    else call.abandon()
  }
}

/** Ends when it has rung for long enough, or when the caller gives up. */
class Patience {
  readonly #ended = new AbortController()
  readonly over: Promise<'no answer' | 'given up'>

  constructor(runtime: Runtime, ringMs: number, givingUp: Cancelled | undefined) {
    const rung = runtime.sleep(ringMs, this.#ended.signal).then(() => 'no answer' as const, never)
    const givenUp = new Promise<'given up'>(resolve => {
      if (givingUp?.aborted) resolve('given up')
      givingUp?.addEventListener('abort', () => resolve('given up'), { once: true })
    })
    this.over = Promise.race([rung, givenUp])
  }

  end(): void {
    this.#ended.abort()
  }
}

const never = () => new Promise<never>(() => {})

/** RFC 3261, section 21. */
function refusalOf({ status, startLine }: SipResponse): NotOpened {
  switch (status) {
    case 486:
    case 600:
      return { outcome: 'busy' }
    case 408:
    case 480:
      return { outcome: 'no answer' }
    default:
      return { outcome: 'refused', status, reason: startLine.split(' ').slice(2).join(' ') }
  }
}
