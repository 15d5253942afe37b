/**
 * What calls of the installation may speak besides the phrases: proper names (institutions, payees, who has an account in the
 * books, titles), and whatever information lines sell.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { holderNames } from '../../bank/customers.ts'
import { hostedNames } from '../../merchant/host/hosted.ts'
import { workOf } from '../../merchant/information/catalogue.ts'
import type { WorkToRender } from '../../speech/render/wanted.ts'
import type { SpokenName } from '../../speech/speech.ts'
import { databaseIn } from '../../store/connection.ts'
import { readSnapshot } from '../../store/open.ts'
import type { ToSpeak } from '../prompts.ts'
import { folderOf, type Installation } from './file.ts'

export async function spokenIn(installation: Installation): Promise<ToSpeak> {
  const names: SpokenName[] = []
  const works: WorkToRender[] = []
  for (const entry of installation.institutions) {
    names.push(entry.name)
    if (entry.kind === 'merchant') {
      names.push(...entry.catalogue.map(({ title }) => title))
      const fileOf = (recording: string) => resolve(installation.dataFolder, recording)
      works.push(...entry.catalogue.map(item => ({ work: workOf(item), fileOf })))
      continue
    }
    if (entry.kind === 'securities') {
      names.push(...entry.securities.map(({ name }) => name))
      continue
    }
    const folder = folderOf(installation, entry)
    const hasBooks = existsSync(databaseIn(folder))
    if (entry.kind === 'host') {
      if (hasBooks) names.push(...(await readSnapshot({ folder }, hostedNames)))
      continue
    }
    if (entry.host) names.push(entry.host.name)
    names.push(...entry.payees.map(({ name }) => name), ...entry.banks.map(({ name }) => name))
    if (hasBooks) names.push(...(await readSnapshot({ folder }, holderNames)))
  }
  return { names, works }
}
