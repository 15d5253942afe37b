/** Two UDP ports of a call, the even one for sound and the one above it for reports (RFC 3550, section 11). */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type Runtime, randomBelow } from '../../runtime.ts'

export interface MediaPorts {
  readonly rtp: Socket
  readonly rtcp: Socket
  readonly port: number
}

/** Below 32768, where Linux begins to lend ports to outgoing connections. */
const [lowest, highest] = [16_384, 32_766]
const mostTries = 100

/** On this address alone. */
export async function openMediaPorts(address: string, runtime: Runtime): Promise<MediaPorts> {
  for (let tries = 1; ; tries++) {
    const port = lowest + 2 * randomBelow(runtime, (highest - lowest) / 2)
    try {
      const rtp = await bound(address, port)
      try {
        return { rtp, rtcp: await bound(address, port + 1), port }
      } catch (error) {
        rtp.close()
        throw error
      }
    } catch (error) {
      if (tries === mostTries) throw error
    }
  }
}

function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', error => {
      socket.close()
      reject(error)
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      // A port that the exchange has closed already answers with an ICMP error, which is the normal end.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}
