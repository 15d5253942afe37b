/** A line whose sound is kept: all of it goes on to whoever listens, and it is silent when the other end waits. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RecordedLine } from '../../../bin/recorded-line.ts'
import { readWav } from '../../../src/modem/tools/wav.ts'
import type { TerminalLine, TerminalListener } from '../../../src/terminal/line.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

it('is silent two and a half seconds after the last sentence, and keeps each sample and each gap', async () => {
  const runtime = new VirtualRuntime()
  let listener: TerminalListener | undefined
  const line: TerminalLine = {
    ...{ keysAs: 'events', ended: new Promise(() => {}), hangUp: async () => {} },
    ...{ send: async () => 'sent', keys: async () => 'sent' },
    listen: given => {
      listener = given
    },
  }
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-recorded-'))
  await runtime.run(async () => {
    const recorded = new RecordedLine(line, runtime)
    let passedOn = 0
    recorded.listen({
      onSound: (samples, gap) => {
        passedOn += samples.length + gap
      },
      onDigit: () => {},
    })
    const speaks = async () => {
      await runtime.sleep(1_000)
      listener?.onSound(new Float32Array(160).fill(0.5), 0)
      // Between two sentences.
      await runtime.sleep(1_500)
      listener?.onSound(new Float32Array(160).fill(-0.5), 80)
      await runtime.sleep(1_000)
      listener?.onSound(new Float32Array(160).fill(0.001), 0)
    }
    const beganMs = runtime.monotonicMs()
    await Promise.all([speaks(), recorded.silence()])
    const tookMs = runtime.monotonicMs() - beganMs
    expect(tookMs).toBeGreaterThan(5_000)
    expect(tookMs).toBeLessThan(5_300)
    const file = join(folder, 'heard.wav')
    recorded.keep(file)
    const read = readWav(readFileSync(file))
    if (read.outcome !== 'read') throw new Error(read.why)
    expect(read.samples).toHaveLength(560)
    expect(passedOn).toBe(560)
    expect(read.samples[170]).toBe(0)
    expect(read.samples[300]).toBeCloseTo(-0.5, 3)
    expect(statSync(file).mode & 0o077).toBe(0)
  })
  rmSync(folder, { recursive: true })
})
