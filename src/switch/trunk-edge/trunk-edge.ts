/**
 * The edge of one trunk: a provider's calls come in here, and nothing goes out but what belongs to them, a registration, and the question
 * whether the provider is there. By UDP it listens for those of the provider's addresses, by TCP and TLS it listens for nobody: calls come
 * by the connection that it keeps open. Speech goes between the provider and Asterisk directly.
 */
import { lookup } from 'node:dns/promises'
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
}

export interface TrunkEdge {
  standing(): TrunkStanding
  /** Asterisk has begun anew: it knows of no call any more. */
  forgetCalls(): void
  /** Gives the registration back within a second. May be called again. */
  close(): void
}

const connectMs = 8_000
const lookUpMs = 5_000
const sweepMs = 1_000
const mostFlows = { most: 256, mostOfOneAddress: 256 }

/** Resolves once calls can come, whether or not the provider is there yet. Rejects, with nothing left open, when the port is taken. */
export async function openTrunkEdge(options: TrunkEdgeOptions, runtime: Runtime): Promise<TrunkEdge> {
  const { trunk, asteriskSays } = options
  const { provider, own } = trunk
  const isPermitted = permitted(trunk.addresses)
  /** Where the provider's host was found last. */
  let found: string | undefined
  const flows = new Flows(runtime, mostFlows)
  const arrivals = new TrunkArrivals(trunk, call => flows.isOfCall(call), runtime)
  const edge: Edge = {
    ...{ runtime, flows, own, asterisk: options.asterisk, userAgent: options.userAgent },
    isTls: provider.transport === 'tls',
    admits: address => address === found || isPermitted(address),
    trunk: {
      takes: message => talk.takes(message),
      refusalOf: request => arrivals.refusalOf(request),
      readdressed: message => arrivals.readdressed(message),
      renames: { from: nameOf(asteriskSays), to: nameOf(own) },
    },
  }
  const find = async () => {
    found = await addressOf(provider.host, runtime)
    return { address: found, port: provider.port }
  }
  const way =
    provider.transport === 'udp' ? await byDatagrams(edge, find) : byConnection(edge, trunk, find, () => talk.lost())
  const talk = new ProviderTalk(trunk, way, runtime)
  const ending = new AbortController()
  const keeping = talk.keep(ending.signal, options.onChanged)
  void sweep(flows, runtime, ending.signal)
  return {
    standing: () => ({ name: trunk.name, state: talk.state }),
    forgetCalls: () => flows.forgetCalls(),
    close: () => {
      if (ending.signal.aborted) return
      ending.abort()
      void Promise.all([talk.leave(), keeping]).finally(() => {
        way.close()
        flows.endAll()
      })
    },
  }
}

interface ClosingWay extends Way {
  close(): void
}

async function byDatagrams(edge: Edge, find: () => Promise<Address>): Promise<ClosingWay> {
  const datagrams = await serveDatagrams(edge)
  const send = async (bytes: Buffer) => datagrams.send(bytes, await find())
  return { isReliable: false, send, close: () => datagrams.close() }
}

/** One connection, opened for whatever is to be said first, and again when it is gone. */
function byConnection(edge: Edge, trunk: Trunk, find: () => Promise<Address>, onLost: () => void): ClosingWay {
  let open: Socket | undefined
  return {
    isReliable: true,
    send: async bytes => {
      if (open === undefined || open.destroyed) {
        open = await connected(trunk, await find(), edge.runtime)
        open.once('close', onLost)
        if (!serveConnection(open, edge)) throw new Error('the connection to a provider is gone again')
      }
      open.write(bytes)
    },
    close: () => open?.destroySoon(),
  }
}

/** Throws where nobody answers, or by TLS somebody else than the provider. */
async function connected({ provider, own }: Trunk, { address, port }: Address, runtime: Runtime): Promise<Socket> {
  const at = { host: address, port, localAddress: own.address }
  const isNamed = !isIPv4(provider.host)
  const socket =
    provider.transport === 'tls'
      ? connectTls({
          ...{ ...at, minVersion: 'TLSv1.2', host: address },
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

async function addressOf(host: string, runtime: Runtime): Promise<string> {
  if (isIPv4(host)) return host
  const asked = withDeadline(runtime, `the address of ${host}`, lookUpMs, lookup(host, { family: 4 }))
  return (await asked).address
}

const nameOf = ({ address, port }: Address) => `${address}:${port}`

async function sweep(flows: Flows, runtime: Runtime, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    await runtime.sleep(sweepMs, ending).catch(() => {})
    flows.sweep()
  }
}
