/** A demonstration that an earlier release made is refused in one sentence that says what to do. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDemo, openDemo } from '../../../demo/demo.ts'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import { systemRuntime } from '../../../src/runtime.ts'

test('a demonstration of release 0.1.0 is left as it is', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tonebank-old-demo-'))
  const institutions = join(data, 'institutions')
  // As 0.1.0 left it: books and customers, and no people with keys.
  mkdirSync(join(institutions, 'harbour'), { recursive: true })
  writeFileSync(join(institutions, 'customers.json'), '{"customers":[]}')
  const refused = new CannotDo(
    `the demonstration in ${data} was made by release 0.1.0, which this one cannot run: move that folder away, or name another with --data, and a new one is made`,
  )
  await expect(openDemo(join(data, 'tonebank.yaml'), systemRuntime, () => {})).rejects.toEqual(refused)
  await expect(createDemo(institutions, systemRuntime)).rejects.toEqual(refused)
  expect(existsSync(join(data, 'tonebank.yaml'))).toBe(false)
  rmSync(data, { recursive: true })
})
