/** Every UDP packet of one address of this machine, as tcpdump sees it pass. Takes CAP_NET_RAW, which root has. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'vitest'
import { type Datagram, readCapture } from '../../../bench/calls/pcap.ts'
import { systemRuntime } from '../../../src/runtime.ts'

/** Skips the test that it is called in, and prints why, where nothing can be captured. */
export const needsCapture = ({ skip }: Pick<TestContext, 'skip'>) =>
  skip(process.getuid?.() !== 0, 'tcpdump captures for root alone')

export interface Capture {
  end(): Promise<readonly Datagram[]>
}

/** @param wire what this machine sends to itself goes by the loopback, whichever of its addresses it says */
export async function startCapture(address: string, wire = 'lo'): Promise<Capture> {
  const program = spawn('tcpdump', ['-i', wire, '-n', '-s', '0', '-U', '-w', '-', `udp and host ${address}`])
  const pieces: Buffer[] = []
  let complaints = ''
  program.stdout.on('data', piece => pieces.push(piece))
  program.stderr.on('data', text => (complaints += text))
  const ended = once(program, 'close')
  for (let tries = 0; !complaints.includes('listening on'); tries++) {
    if (tries === 100 || program.exitCode !== null) throw new Error(`tcpdump cannot capture: ${complaints}`)
    await systemRuntime.sleep(50)
  }
  return {
    end: async () => {
      // What the kernel has handed over is read first.
      await systemRuntime.sleep(500)
      program.kill('SIGINT')
      await ended
      return [...readCapture(Buffer.concat(pieces))]
    },
  }
}
