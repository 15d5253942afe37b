/** Copies of the code that lack one of its defences are found out by the stories. */
import { afterEach, expect, test, vi } from 'vitest'

const [ceiling, ask, envelope] = [
  '../../../src/bank/ceiling.ts',
  '../../../src/mail/ask.ts',
  '../../../src/mail/envelope.ts',
]

/** What is wrong in the end of the first of these seeds whose end is not right, in the code as it is loaded now. */
async function foundFrom(from: number, to: number): Promise<readonly string[]> {
  vi.resetModules()
  const { tell } = await import('./story.ts')
  for (let seed = from; seed <= to; seed++) {
    const { faults } = await tell(seed)
    if (faults.length > 0) return faults
  }
  return []
}

afterEach(() => {
  for (const each of [ceiling, ask, envelope]) vi.doUnmock(each)
  vi.resetModules()
})

test('a bank that heeds no ceiling is found out', async () => {
  vi.doMock(ceiling, async original => ({
    ...(await original<typeof import('../../../src/bank/ceiling.ts')>()),
    fitsCeiling: async () => true,
  }))
  expect(await foundFrom(1, 20)).toContainEqual(expect.stringMatching(/no more than \d+ was granted/))
})

test('institutions that ask nobody at their start which of their heads they hold are found out', async () => {
  vi.doMock(ask, async original => {
    const real = await original<typeof import('../../../src/mail/ask.ts')>()
    const askWhatIsHeld: typeof real.askWhatIsHeld = async (...question) => ({
      ...(await real.askWhatIsHeld(...question)),
      head: null,
    })
    return { ...real, askWhatIsHeld }
  })
  expect(await foundFrom(9, 30)).toContainEqual(
    expect.stringMatching(/somebody else holds its head|has another hash|forked-log|other-content/),
  )
})

test('institutions that believe any reply, whatever bundle it answers, are found out', async () => {
  vi.doMock(envelope, async original => {
    const real = await original<typeof import('../../../src/mail/envelope.ts')>()
    const openReply: typeof real.openReply = async (reader, from, _nonce, reply) =>
      real.openEnvelope(
        reader,
        real.believeEnvelope(reader, () => from, reply),
      )
    return { ...real, openReply }
  })
  expect(await foundFrom(10, 30)).toContainEqual(expect.stringMatching(/believes a reply .* to another bundle/))
})
