/** What of the keeper an installation's file names, and that its password is its owner's alone. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseInstallation } from '../../../src/operations/installation/file.ts'
import { keeperPlaceOf } from '../../../src/operations/keeping.ts'

it('reads a password that nobody else may read, and refuses another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-keeping-'))
  try {
    const file = join(folder, 'keeper-password')
    writeFileSync(file, 'of this test\n', { mode: 0o600 })
    const text = 'keeper:\n  hosts: [{ host: 127.0.0.1 }]\n  passwordFile: keeper-password\ninstitutions: []\n'
    const installation = parseInstallation(join(folder, 'tonebank.yaml'), text)
    expect(keeperPlaceOf(installation)?.password?.reveal()).toBe('of this test')
    chmodSync(file, 0o640)
    expect(() => keeperPlaceOf(installation)).toThrow('others may read')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
