/**
 * The edge of one trunk: a provider's calls come in here, and nothing goes out but what belongs to them, a registration, and the question
 * whether the provider is there. By UDP it listens for those of the provider's addresses, by TCP and TLS it listens for nobody: calls come
 * by the connection that it keeps open. Speech goes between the provider and Asterisk directly.
 */
import { once } from 'node:events'
import { connect as connectTcp, isIPv4, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { permitted } from '../../ipv4-networks.ts'
import { type Runtime, withDeadline } from '../../runtime.ts'
import { serveConnection } from '../sip-edge/connections.ts'
import { serveDatagrams } from '../sip-edge/datagrams.ts'
import { Flows } from '../sip-edge/flows.ts'
import type { Edge } from '../sip-edge/relay.ts'
import type { Address } from '../sip-edge/translation.ts'
import { TrunkArrivals } from './arrivals.ts'
import { type LookUp, lookUpAll, ProviderAddresses } from './provider-addresses.ts'
import { ProviderTalk, type Way } from './provider-talk.ts'
import type { Trunk, TrunkStanding, TrunkState } from './trunk.ts'

export interface TrunkEdgeOptions {
  readonly trunk: Trunk
  /** `from`: the address of the loopback by which Asterisk knows the trunk. */
  readonly asterisk: Address & { readonly from: string }
  /** How Asterisk names itself to whom it answers. */
  readonly asteriskSays: Address
  readonly userAgent: string
  readonly onChanged: (state: TrunkState) => void
  /** How the provider's name is looked up; as this machine does it without. */
  readonly lookUp?: LookUp
}

export interface TrunkEdge {
  standing(): TrunkStanding
  /** Asterisk has begun anew: it knows of no call any more. */
  forgetCalls(): void
  /** Gives the registration back within a second, and resolves once the port is free. May be called again. */
  close(): Promise<void>
}

const connectMs = 8_000
const sweepMs = 1_000
const mostFlows = { most: 256, mostOfOneAddress: 256 }

/** Resolves once calls can come, whether or not the provider is there yet. Rejects, with nothing left open, when the port is taken. */
export async function openTrunkEdge(options: TrunkEdgeOptions, runtime: Runtime): Promise<TrunkEdge> {
  const { trunk, asteriskSays } = options
  const { provider, own } = trunk
  const isPermitted = permitted(trunk.addresses)
  const addresses = new ProviderAddresses(provider.host, options.lookUp ?? lookUpAll, runtime)
  const flows = new Flows(runtime, mostFlows)
  const arrivals = new TrunkArrivals(trunk, call => flows.isOfCall(call), runtime)
  const edge: Edge = {
    ...{ runtime, flows, own, asterisk: options.asterisk, userAgent: options.userAgent },
    isTls: provider.transport === 'tls',
    admits: address => addresses.admits(address) || isPermitted(address),
    trunk: {
      takes: message => talk.takes(message),
      refusalOf: request => arrivals.refusalOf(request),
      readdressed: message => arrivals.readdressed(message),
      renames: { from: nameOf(asteriskSays), to: nameOf(own) },
    },
  }
  const way =
    provider.transport === 'udp'
      ? await byDatagrams(edge, addresses, provider.port)
      : byConnection(edge, trunk, addresses, () => talk.lost())
  const talk = new ProviderTalk(trunk, way, runtime)
  const ending = new AbortController()
  void talk.keep(ending.signal, options.onChanged)
  void sweep(flows, runtime, ending.signal)
  let closing: Promise<void> | undefined
  const close = async () => {
    ending.abort()
    await talk.leave()
    way.close()
    flows.endAll()
  }
  return {
    standing: () => ({ name: trunk.name, state: talk.state }),
    forgetCalls: () => flows.forgetCalls(),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

interface ClosingWay extends Way {
  /** Whatever is still said then is lost. */
  close(): void
}

async function byDatagrams(edge: Edge, addresses: ProviderAddresses, port: number): Promise<ClosingWay> {
  const datagrams = await serveDatagrams(edge)
  return {
    isReliable: false,
    send: async bytes => datagrams.send(bytes, { address: await addresses.current(), port }),
    unanswered: () => addresses.unanswered(),
    close: () => datagrams.close(),
  }
}

/** One connection, opened for whatever is to be said first, and again when it is gone. */
function byConnection(edge: Edge, trunk: Trunk, addresses: ProviderAddresses, onLost: () => void): ClosingWay {
  let open: Socket | undefined
  let isClosed = false
  return {
    isReliable: true,
    send: async bytes => {
      if (open === undefined || open.destroyed) {
        const at = { address: await addresses.current(), port: trunk.provider.port }
        const socket = await connected(trunk, at, edge.runtime)
        if (isClosed) socket.destroy()
        open = socket.once('close', onLost)
        if (!serveConnection(open, edge)) throw new Error('the connection to a provider is gone again')
      }
      open.write(bytes)
    },
    unanswered: () => {
      addresses.unanswered()
      // As long as a call needs it, the provider speaks by it, if to no question of ours.
      const address = open?.remoteAddress
      if (address === undefined || edge.flows.isNeededAt(address)) return
      open?.off('close', onLost).destroy()
      open = undefined
    },
    close: () => {
      isClosed = true
      open?.destroySoon()
    },
  }
}

/** Throws where nobody answers, or by TLS somebody else than the provider. */
async function connected({ provider, own }: Trunk, { address, port }: Address, runtime: Runtime): Promise<Socket> {
  const at = { host: address, port, localAddress: own.address }
  const isNamed = !isIPv4(provider.host)
  const socket =
    provider.transport === 'tls'
      ? connectTls({
          ...at,
          minVersion: 'TLSv1.2',
          // Whose certificate it is to be: Node compares it with the name here, or with the address.
          ...(isNamed ? { servername: provider.host } : {}),
          ...(provider.authority === undefined ? {} : { ca: provider.authority }),
        })
      : connectTcp(at)
  try {
    const isOpen = once(socket, provider.transport === 'tls' ? 'secureConnect' : 'connect')
    await withDeadline(runtime, 'a connection to a provider', connectMs, isOpen)
    socket.setNoDelay(true).on('error', () => {})
    return socket
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  }
}

const nameOf = ({ address, port }: Address) => `${address}:${port}`

async function sweep(flows: Flows, runtime: Runtime, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    await runtime.sleep(sweepMs, ending).catch(() => {})
    flows.sweep()
  }
}
