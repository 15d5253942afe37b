/**
 * Captures the callers' and Asterisk's RTP on the loopback with tcpdump, which takes the kernel's own time of each packet.
 * The capture holds what was keyed, PINs of the benchmark's own customers: it lies in a folder of ours alone and is
 * deleted with it.
 */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { systemRuntime } from '../../src/runtime.ts'
import { startOutside } from './outside.ts'
import { snapLength } from './pcap.ts'

export interface Capture {
  readonly pid: number
  /** Ends the capture and hands over what it holds. The file is gone afterwards. */
  end(): Promise<{ readonly bytes: Buffer; readonly dropped: number }>
}

/** RTP's header and enough of the sound to know a clip by its beginning. */
export const capturedPayloadBytes = 12 + 96

/** Starts capturing UDP on `ports`, and returns once tcpdump listens. Takes CAP_NET_RAW, which root has. */
export async function startCapture(file: string, ports: { first: number; last: number }): Promise<Capture> {
  const stdout = openSync(file, 'wx', 0o600)
  const tcpdump = await startOutside(
    'tcpdump',
    [
      ...['-i', 'lo', '-n', '-s', `${snapLength(capturedPayloadBytes)}`],
      // 64 MiB for the kernel to keep packets while tcpdump waits its turn on a loaded machine.
      ...['-B', '65536', '-w', '-', `udp portrange ${ports.first}-${ports.last}`],
    ],
    { stdout },
  )
  closeSync(stdout)
  const ended = tcpdump.ended(3_600_000)
  await Promise.race([untilListening(tcpdump.stderr), ended])
  if (!tcpdump.stderr().includes('listening on')) throw new Error(`tcpdump cannot capture: ${tcpdump.stderr().trim()}`)
  return {
    pid: tcpdump.pid,
    async end() {
      // What the kernel has handed over but tcpdump has not read yet would be lost.
      await systemRuntime.sleep(500)
      tcpdump.signal('SIGINT')
      await ended
      const bytes = readFileSync(file)
      rmSync(file)
      return { bytes, dropped: Number(/(\d+) packets? dropped by kernel/.exec(tcpdump.stderr())?.[1] ?? 0) }
    },
  }
}

async function untilListening(stderr: () => string): Promise<void> {
  for (let tries = 0; tries < 100 && !stderr().includes('listening on'); tries++) await systemRuntime.sleep(50)
}
