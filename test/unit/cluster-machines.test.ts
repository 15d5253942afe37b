/** The two machines of a cluster that is shown: one file, and record keys that each has for itself. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { makeMachines } from '../../bin/commands/cluster-machines.ts'
import { machineKey } from '../../src/keys/mirror/machine-key.ts'
import { readInstallation } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'

vi.setConfig({ testTimeout: 180_000 })

const keeper = `keeper:
  hosts: [{ host: 127.0.0.1, port: 5432 }]
  database: tonebank
  user: tonebank
`

test('each of the two machines knows the other by its key, at every institution, and has no books of the first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-machines-'))
  try {
    mkdirSync(join(folder, 'installation'))
    writeFileSync(join(folder, 'installation/keeper.yaml'), keeper)
    let port = 7_301
    await makeMachines(folder, async () => port++)
    const [one, two] = ['one', 'two'].map(name => join(folder, name)) as [string, string]
    const file = (machine: string) => join(machine, 'tonebank.yaml')
    expect(readFileSync(file(two), 'utf8')).toBe(readFileSync(file(one), 'utf8'))
    const { institutions } = readInstallation(file(one))
    expect(institutions.length).toBeGreaterThan(5)
    for (const { id, recordKeys } of institutions) {
      const own = [one, two].map(machine => join(machine, 'institutions', id))
      expect(recordKeys?.machines.map(({ key }) => key)).toEqual(
        own.map(each => machineKey(systemRuntime, join(each, 'record-keys')).pin),
      )
      expect(own.map(each => existsSync(join(each, 'institution.db')))).toEqual([true, false])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
