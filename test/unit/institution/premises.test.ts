/** What all institutions have in common: settings that cannot be right are refused, and lost keys are not made anew. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { institutionConfig } from '../../../src/institution/config.ts'
import { closePremises, openPremises } from '../../../src/institution/premises.ts'
import { peopleMigrations } from '../../../src/keys/people.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

const settings = { id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' } }

test.each([
  { timeZone: 'Europe/Atlantis' },
  { nightlyAt: 'at night' },
  { nightlyAt: '61 23 * * *' },
  { nightlyAt: '0 15 23 * * *' },
])('a mistake in the configuration is found when it is read: %o', mistake => {
  expect(institutionConfig.safeParse(settings).success).toBe(true)
  expect(
    institutionConfig.safeParse({ ...settings, timeZone: 'Europe/Berlin', nightlyAt: '15 23 * * 1-5' }).success,
  ).toBe(true)
  expect(institutionConfig.safeParse({ ...settings, ...mistake }).success).toBe(false)
})

test('books whose keys are gone are refused, and stay as they were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-institution-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const open = () =>
    openPremises(systemRuntime, { id: 'harbour', folder }, [...peopleMigrations, ...clearingMigrations])

  const first = await open()
  await first.store.execute(tx => establish(tx, institutionId('harbour')))
  await closePremises(first)

  const again = await open()
  expect(again.keys.publicKeys()).toEqual(first.keys.publicKeys())
  await closePremises(again)

  rmSync(join(folder, 'keys'), { recursive: true })
  await expect(open()).rejects.toThrow('there are books, and no keys')
  // The second refusal shows that the first one let go of the database.
  await expect(open()).rejects.toThrow('there are books, and no keys')
})
