/**
 * The edge of plain SIP: it has the port that telephones call, by UDP and TCP, and stands between them and Asterisk, which
 * listens on a port of the loopback. It lets in who may call from where, answers what Asterisk would leave unanswered, and
 * passes everything else on. Speech goes between telephone and Asterisk directly.
 */
import type { Runtime } from '../../runtime.ts'
import { serveConnections } from './connections.ts'
import { serveDatagrams } from './datagrams.ts'
import { Flows } from './flows.ts'
import type { Address } from './translation.ts'

export interface SipEdgeOptions {
  /** Where telephones call. */
  readonly own: Address
  readonly asterisk: Address
  /** The name that Asterisk gives as its server's. */
  readonly userAgent: string
  /** Kamailio reads first what Asterisk reads. */
  readonly isBeforeBalancer?: boolean
  /** Whether an IPv4 address may be served at all: asked before anything that it sent is read. */
  readonly admits: (address: string) => boolean
}

export interface SipEdge {
  /** Asterisk has begun anew: it knows of no call any more. */
  forgetCalls(): void
  /** May be called again. */
  close(): void
}

/** How often it looks for flows that are over. */
const sweepMs = 1_000

/** Resolves once telephones can call. Rejects, with nothing left open, when the port is taken. */
export async function openSipEdge(options: SipEdgeOptions, runtime: Runtime): Promise<SipEdge> {
  const edge = { ...options, runtime, flows: new Flows(runtime) }
  const datagrams = await serveDatagrams(edge)
  const closeConnections = await serveConnections(edge).catch(error => {
    datagrams.close()
    throw error
  })
  const closing = new AbortController()
  void sweep(edge.flows, runtime, closing.signal)
  return {
    forgetCalls: () => edge.flows.forgetCalls(),
    close: () => {
      if (closing.signal.aborted) return
      closing.abort()
      datagrams.close()
      closeConnections()
      edge.flows.endAll()
    },
  }
}

async function sweep(flows: Flows, runtime: Runtime, closing: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await runtime.sleep(sweepMs, closing)
    } catch {
      return
    }
    flows.sweep()
  }
}
