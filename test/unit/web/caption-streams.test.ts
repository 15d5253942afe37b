/** Captions for a page that does not read are lost beyond a bound, and take no memory. */
import { expect, test } from 'vitest'
import { CaptionStreams } from '../../../src/web/start/caption-streams.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('of a page that does not read no more than 64 KiB waits', () => {
  const streams = new CaptionStreams(new VirtualRuntime())
  const token = streams.open()
  const long = 'x'.repeat(1_000)
  for (let caption = 0; caption < 1_000; caption++) streams.tell(token, { language: 'en', text: long })
  const output = streams.read(token)
  let waits = 0
  output?.on('data', (piece: Buffer) => {
    waits += piece.length
  })
  streams.end(token)
  return new Promise<void>(resolve => output?.on('end', resolve)).then(() => {
    expect(waits).toBeGreaterThan(60_000)
    expect(waits).toBeLessThan(70_000)
  })
})
