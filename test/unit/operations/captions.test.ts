/** Captions of a call: by its key, to whoever asks first, from its beginning, and without secrets. */
import { expect, test } from 'vitest'
import { type Caption, Captions } from '../../../src/operations/captions.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { systemRuntime } from '../../../src/runtime.ts'

const key = '0123456789abcdef0123456789abcdef'
const said = (text: string): TranscriptEvent => ({ event: 'said', language: 'en', phrase: 'greeting', text })

function asks(captions: Captions, asked = key) {
  const told: string[] = []
  let leave = () => {}
  const outcome = captions.handler(
    { key: asked },
    {
      tell: ({ text }: Caption) => told.push(text),
      listen: ({ gone }) => {
        leave = gone
      },
    },
  )
  return { told, outcome, leave: () => leave() }
}

test('who asks first is told everything, before the call and during it, and nobody else is', async () => {
  const logged: TranscriptEvent[] = []
  const captions = new Captions(systemRuntime)
  const transcript = captions.beside(event => logged.push(event), key)
  transcript(said('one'))
  const first = asks(captions)
  const second = asks(captions)
  transcript(said('two'))
  expect(await second.outcome).toEqual({ outcome: 'unknown' })
  transcript({ event: 'ended', how: 'caller-left' })
  expect(await first.outcome).toEqual({ outcome: 'ended' })
  expect([first.told, second.told]).toEqual([['one', 'two'], []])
  expect(logged).toHaveLength(3)
})

test('a page may ask before its call is there', async () => {
  const captions = new Captions(systemRuntime)
  const early = asks(captions)
  captions.beside(() => {}, key)(said('one'))
  expect(early.told).toEqual(['one'])
  early.leave()
  expect(await early.outcome).toEqual({ outcome: 'ended' })
})

test('a call without a key of ours is nobody’s to read', () => {
  const transcript = () => {}
  const captions = new Captions(systemRuntime)
  for (const none of [undefined, '', 'x', `${key},`, key.toUpperCase()])
    expect(captions.beside(transcript, none)).toBe(transcript)
})
