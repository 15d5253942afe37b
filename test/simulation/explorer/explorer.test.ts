/** Every conversation of both lines, in every way that it can go. `npm run explore` prints the same. */
import { expect, test } from 'vitest'
import { report } from './report.ts'
import { exploreAll } from './shares.ts'

test('both lines do what the specification says, wherever a call goes and whatever befalls it', async () => {
  const { text, isRight } = report(await exploreAll())
  console.log(text)
  expect(isRight, text).toBe(true)
}, 900_000)
