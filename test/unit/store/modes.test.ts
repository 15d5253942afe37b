import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRecordKeys } from '../../../src/keys/record-keys.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-modes-'))
  // As a restored backup, or a folder that an administrator made.
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true }))

const readableToOthers = () =>
  readdirSync(folder).filter(name => /\.db/.test(name) && (statSync(join(folder, name)).mode & 0o077) !== 0)

test('no database of money or keys, nor its log, is readable to others, whatever its folder is', async () => {
  const open = [
    () => openStore({ runtime: systemRuntime, at: { folder }, migrations: [] }),
    () => openRecordKeys(systemRuntime, { folder }),
  ]
  for (const each of open) {
    const first = each()
    expect(readdirSync(folder).filter(name => name.endsWith('-wal'))).toHaveLength(1)
    expect(readableToOthers()).toEqual([])
    await first.close()
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644)
    const again = each()
    expect(readableToOthers()).toEqual([])
    await again.close()
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
  }
})
