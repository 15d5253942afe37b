/** The ways in which Asterisk can hand a call's sound to a program, each brought to the same: stretches of A-law codes with the gaps before them. */
import { request } from 'node:http'
import type { Socket } from 'node:net'
import type { AriAddress, AriClient } from '../../src/phone/asterisk/ari-client.ts'
import { MediaSocket } from '../../src/phone/asterisk/samples/media-socket.ts'
import { PacketOrder, type Stretch } from '../../src/rtp/packet-order.ts'

export interface Transport {
  readonly name: string
  /** Channels and bridges beside the caller's are made by it. */
  open(stage: Stage, onStretch: (stretch: Stretch) => void): Promise<() => Promise<void>>
}

/** What a transport needs of the call. */
export interface Stage {
  readonly ari: AriClient
  readonly address: AriAddress
  readonly application: string
  readonly callerId: string
  readonly newId: () => string
  /** Resolves when the channel has come into the application. */
  readonly started: (channelId: string) => Promise<void>
}

export const transports: readonly Transport[] = [
  { name: 'rtp', open: (stage, onStretch) => overRtp(stage, 'the caller', onStretch) },
  { name: 'rtpOfThree', open: (stage, onStretch) => overRtp(stage, 'the caller and a third', onStretch) },
  { name: 'rtpOfSnoop', open: (stage, onStretch) => overRtp(stage, 'a snoop', onStretch) },
  { name: 'webSocket', open: overWebSocket },
]

async function overRtp(
  stage: Stage,
  of: 'the caller' | 'the caller and a third' | 'a snoop',
  onStretch: (stretch: Stretch) => void,
): Promise<() => Promise<void>> {
  const { ari, callerId, newId } = stage
  const order = new PacketOrder()
  const socket = await MediaSocket.open()
  const media = await externalMedia(stage, { encapsulation: 'rtp', external_host: socket.address })
  const port = Number(await variable(ari, media, 'UNICASTRTP_LOCAL_PORT'))
  await socket.lockTo(port, packet => order.push(packet).forEach(onStretch))
  const bridge = newId()
  const others: string[] = []
  if (of === 'a snoop') {
    const snoopId = newId()
    const snoop = { channelId: callerId, snoopId, spy: 'in', app: stage.application }
    await ari.request('channels', 'snoopChannelWithId', snoop)
    await stage.started(snoopId)
    others.push(snoopId)
  }
  await join(ari, bridge, [of === 'a snoop' ? (others[0] ?? '') : callerId, media])
  const third = of === 'the caller and a third' ? await MediaSocket.open() : undefined
  if (third) {
    others.push(await externalMedia(stage, { encapsulation: 'rtp', external_host: third.address }))
    await ari.request('bridges', 'addChannel', { bridgeId: bridge, channel: others[0] ?? '' })
  }
  return async () => {
    await leave(ari, bridge, [media, ...others])
    socket.close()
    third?.close()
  }
}

async function overWebSocket(stage: Stage, onStretch: (stretch: Stretch) => void): Promise<() => Promise<void>> {
  const { ari, callerId, newId, address } = stage
  const how = { transport: 'websocket', encapsulation: 'none', connection_type: 'server', external_host: 'INCOMING' }
  const channelId = newId()
  await ari.request('channels', 'externalMedia', { channelId, app: stage.application, format: 'alaw', ...how })
  const connection = await variable(ari, channelId, 'MEDIA_WEBSOCKET_CONNECTION_ID')
  const socket = await upgraded(new URL(`/media/${connection}`, address.url), payload =>
    onStretch({ gap: 0, codes: payload }),
  )
  await stage.started(channelId)
  const bridge = newId()
  await join(ari, bridge, [callerId, channelId])
  return async () => {
    await leave(ari, bridge, [channelId])
    socket.destroy()
  }
}

async function externalMedia(stage: Stage, how: Record<string, string>): Promise<string> {
  const channelId = stage.newId()
  await stage.ari.request('channels', 'externalMedia', { channelId, app: stage.application, format: 'alaw', ...how })
  await stage.started(channelId)
  return channelId
}

async function variable(ari: AriClient, channelId: string, name: string): Promise<string> {
  const answer = await ari.request('channels', 'getChannelVar', { channelId, variable: name })
  return (answer as { value: string }).value
}

async function join(ari: AriClient, bridgeId: string, channels: readonly string[]): Promise<void> {
  await ari.request('bridges', 'createWithId', { bridgeId, type: 'mixing' })
  await ari.request('bridges', 'addChannel', { bridgeId, channel: channels.join(',') })
}

async function leave(ari: AriClient, bridgeId: string, channels: readonly string[]): Promise<void> {
  await ari.request('bridges', 'destroy', { bridgeId })
  for (const channelId of channels) await ari.request('channels', 'hangup', { channelId })
}

/** As much of RFC 6455 as reading needs: Asterisk's frames are whole and not masked. */
function upgraded(url: URL, onBinary: (payload: Uint8Array) => void): Promise<Socket> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'), 'sec-websocket-version': '13' },
    'sec-websocket-protocol': 'media',
  }
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers })
    asking.on('error', reject)
    asking.on('response', ({ statusCode }) => reject(new Error(`no WebSocket: status ${statusCode}`)))
    asking.on('upgrade', (_, socket, head) => {
      let read = head
      const take = () => {
        for (;;) {
          const isLong = ((read[1] ?? 0) & 0x7f) === 126
          const from = isLong ? 4 : 2
          if (read.length < from) return
          const length = isLong ? read.readUInt16BE(2) : (read[1] ?? 0) & 0x7f
          if (read.length < from + length) return
          if (((read[0] ?? 0) & 0x0f) === 2) onBinary(read.subarray(from, from + length))
          read = read.subarray(from + length)
        }
      }
      socket.on('data', bytes => {
        read = Buffer.concat([read, bytes])
        take()
      })
      take()
      resolve(socket)
    })
    asking.end()
  })
}
