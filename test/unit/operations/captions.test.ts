/** Captions of a call: by its key, to whoever asks first, from its beginning, and without secrets. */
import { expect, test } from 'vitest'
import { CaptionRequests } from '../../../src/operations/caption-requests.ts'
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

test('what was asked for a call that never came is kept for nobody', async () => {
  const captions = new Captions(systemRuntime)
  const early = asks(captions)
  early.leave()
  await early.outcome
  const again = asks(captions)
  captions.beside(() => {}, key)(said('one'))
  expect(again.told).toEqual(['one'])
  again.leave()
  await again.outcome
})

test('a page asks for the captions of one call at a time, and for none when it is gone', () => {
  const asked: AbortSignal[] = []
  const page = new CaptionRequests(
    (_number, _key, over) => {
      asked.push(over)
      return new Promise(() => {})
    },
    () => {},
  )
  const open = () => asked.filter(({ aborted }) => !aborted).length
  for (let call = 0; call < 100; call++) page.begin('9001', key)
  expect([asked.length, open()]).toEqual([100, 1])
  page.end()
  expect(open()).toBe(0)
  // Its last INVITE was on its way to Asterisk.
  page.begin('9001', key)
  expect([asked.length, open()]).toEqual([100, 0])
})

test('a call without a key of ours is nobody’s to read', () => {
  const transcript = () => {}
  const captions = new Captions(systemRuntime)
  for (const none of [undefined, '', 'x', `${key},`, key.toUpperCase()])
    expect(captions.beside(transcript, none)).toBe(transcript)
})
