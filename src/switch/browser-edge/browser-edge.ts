/**
 * The edge of telephones in browsers: lends each page one of a few accounts of Asterisk's that nothing else uses, for as long as its
 * WebSocket stands, and counts calls by where they come from, as behind it every browser has this machine's address.
 */
import { RateLimit } from '../../keys/rate-limit.ts'
import type { Runtime } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import { socketToAsterisk } from './asterisk-socket.ts'
import { type LineParts, type MessageSocket, PageLine } from './page-line.ts'

export interface BrowserAccount {
  readonly user: string
  readonly password: Secret
}

export interface BrowserEdgeOptions {
  readonly accounts: readonly BrowserAccount[]
  /** The HTTP server, on the loopback, of the Asterisk that the next page is to have. */
  readonly asteriskPort: () => number
  readonly userAgent: string
}

/** An account that is a page's from now on. */
export interface Loan {
  readonly account: string
  /** The page's WebSocket is here. The account is free again when it closes. */
  connect(page: MessageSocket, peer: Peer, mediaAddress: string, called: LineParts['called']): void
  /** The page never came. */
  giveBack(): void
}

export interface Peer {
  readonly address: string
  readonly port: number
}

/** So many of its telephones has one address of the network at once, so that others find one free. */
const mostOfOneAddress = 4

/** A person who is cut off dials again at once, and one who tries things out a few times a minute. */
const calls = { burst: 10, perMinute: 20 }

export class BrowserEdge {
  readonly #options: BrowserEdgeOptions
  readonly #runtime: Runtime
  readonly #free: BrowserAccount[]
  readonly #lentTo = new Map<string, number>()
  readonly #lines = new Set<PageLine>()
  readonly #calls: RateLimit

  constructor(options: BrowserEdgeOptions, runtime: Runtime) {
    this.#options = options
    this.#runtime = runtime
    this.#free = [...options.accounts]
    this.#calls = new RateLimit(runtime, calls)
  }

  /** Undefined: all are lent, or this IPv4 address has as many as one may have. This machine's pages may have all. */
  lend(address: string): Loan | undefined {
    const has = this.#lentTo.get(address) ?? 0
    if (has >= mostOfOneAddress && !address.startsWith('127.')) return undefined
    const account = this.#free.shift()
    if (account === undefined) return undefined
    this.#lentTo.set(address, has + 1)
    let isLent = true
    const giveBack = () => {
      if (!isLent) return
      isLent = false
      this.#free.push(account)
      const left = (this.#lentTo.get(address) ?? 0) - 1
      if (left > 0) this.#lentTo.set(address, left)
      else this.#lentTo.delete(address)
    }
    return {
      account: account.user,
      giveBack,
      connect: (page, peer, mediaAddress, called) => {
        const { asteriskPort, userAgent } = this.#options
        const asterisk = socketToAsterisk(asteriskPort())
        const mayCall = () => this.#calls.take(peer.address)
        const line = new PageLine(page, asterisk, {
          ...{ runtime: this.#runtime, account, peer, mediaAddress, userAgent, mayCall, called },
        })
        this.#lines.add(line)
        // Not before Asterisk has heard the last word of it.
        asterisk.onClose(() => {
          this.#lines.delete(line)
          giveBack()
        })
      },
    }
  }

  close(): void {
    for (const line of this.#lines) line.close()
  }
}
