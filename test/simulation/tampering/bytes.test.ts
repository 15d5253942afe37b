/** 500 random one-byte changes, each found. `npm run tamper -- 20000` tries more. */
import { expect, test } from 'vitest'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { honestBooks } from './books.ts'
import { missedAmong } from './bytes.ts'

const seed = 20_261_126

test('no byte of any stored value is another without being named', async () => {
  const books = Object.values(await honestBooks())
  expect(await missedAmong(500, books, new VirtualRuntime({ seed })), `npm run tamper -- 500 ${seed}`).toEqual([])
})
