/** The folders of a bank and a payee as a released version left them, unpacked from `test/fixtures/`. */
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type AccountNumber, accountNumberShape } from '../../src/ids.ts'

export type ReleasedVersion = '0.1.0'

/** Institutions of a release, by the name of their folder. */
export const releasedInstitutions = ['harbour', 'lantern'] as const

export interface ReleasedCustomer {
  readonly account: AccountNumber
  readonly pin: string
}

export interface Released {
  readonly folderOf: (institution: (typeof releasedInstitutions)[number]) => string
  readonly ada: ReleasedCustomer
  dispose(): void
}

export function unpackReleased(version: ReleasedVersion): Released {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-released-'))
  const packed = join(import.meta.dirname, '..', 'fixtures', version)
  for (const institution of releasedInstitutions) {
    cpSync(join(packed, institution), join(folder, institution), { recursive: true })
    unpack(join(folder, institution, 'institution.db'))
    const recordKeys = join(folder, institution, 'record-keys', 'scratch.db')
    if (existsSync(`${recordKeys}.gz`)) unpack(recordKeys)
    // A checkout gives files the mode that everybody's have; keys that others may read are refused.
    const keys = join(folder, institution, 'keys')
    chmodSync(keys, 0o700)
    for (const file of readdirSync(keys)) chmodSync(join(keys, file), 0o600)
  }
  const cast: { ada: string; pins: Record<string, string> } = JSON.parse(
    readFileSync(join(packed, 'cast.json'), 'utf8'),
  )
  return {
    folderOf: institution => join(folder, institution),
    ada: { account: accountNumberShape.parse(cast.ada), pin: cast.pins[cast.ada] ?? '' },
    dispose: () => rmSync(folder, { recursive: true }),
  }
}

function unpack(file: string): void {
  writeFileSync(file, gunzipSync(readFileSync(`${file}.gz`)), { mode: 0o600 })
  rmSync(`${file}.gz`)
}
