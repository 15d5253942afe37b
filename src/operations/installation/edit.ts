/** Adds an institution to an installation's file, whose comments and order stay as somebody wrote them. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSeq, parseDocument } from 'yaml'
import { makeFolder } from '../../store/make-folder.ts'
import { CannotDo } from '../cannot-do.ts'
import { asWritten, type Installation, parseInstallation } from './file.ts'

/** As the file says it. */
export type NewInstitution = {
  readonly id: string
  readonly kind: 'bank' | 'merchant' | 'host' | 'securities'
} & Readonly<Record<string, unknown>>

/** A payee, or a host of payees, as its bank's entry says it. */
export interface NewPayee {
  readonly id: string
  readonly number: string
  readonly name: { readonly en: string; readonly zh: string }
  readonly denominations: readonly number[]
}

/** The file with one institution more, checked as a whole and not yet written. @throws CannotDo */
export function withInstitution(file: string, entry: NewInstitution): Installation {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : 'institutions: []\n'
  const document = parseDocument(text, asWritten)
  const institutions = document.get('institutions')
  if (!isSeq(institutions)) throw new CannotDo(`${file}: there is no list of institutions to add to`)
  // An empty list was written `[]`; what follows is written one to a line.
  institutions.flow = false
  institutions.add(document.createNode(entry))
  return parseInstallation(file, document.toString({ lineWidth: 120 }))
}

/** Another bank as a bank's entry says it. */
export interface NewCorrespondent {
  readonly id: string
  readonly name: { readonly en: string; readonly zh: string }
  readonly accountPrefix: string
  readonly debitCap?: number
}

/** As `withInstitution`, for a bank's list of the payees whose vouchers it sells. */
export function withPayee(file: string, bank: string, payee: NewPayee): Installation {
  return withListed(file, bank, 'payees', payee)
}

/** As `withInstitution`, for a bank's list of the banks to whose accounts money goes. */
export function withCorrespondent(file: string, bank: string, other: NewCorrespondent): Installation {
  return withListed(file, bank, 'banks', other)
}

/** As `withInstitution`, for the one host by which a bank's customers are paid. @throws CannotDo also where the bank has one. */
export function withHost(file: string, bank: string, host: NewPayee): Installation {
  const { document, path } = entryOfBank(file, bank)
  if (document.hasIn([...path, 'host'])) throw new CannotDo(`${bank} has a host already`)
  document.setIn([...path, 'host'], document.createNode(host))
  return parseInstallation(file, document.toString({ lineWidth: 120 }))
}

function withListed(file: string, bank: string, list: 'payees' | 'banks', entry: NewPayee | NewCorrespondent) {
  const { document, path } = entryOfBank(file, bank)
  const listed = document.getIn([...path, list])
  if (isSeq(listed)) {
    listed.flow = false
    listed.add(document.createNode(entry))
  } else document.setIn([...path, list], document.createNode([entry]))
  return parseInstallation(file, document.toString({ lineWidth: 120 }))
}

function entryOfBank(file: string, bank: string) {
  const document = parseDocument(readFileSync(file, 'utf8'), asWritten)
  const { institutions } = parseInstallation(file, document.toString())
  const index = institutions.findIndex(each => each.id === bank && each.kind === 'bank')
  if (index < 0) throw new CannotDo(`${file}: there is no bank ${bank}`)
  return { document, path: ['institutions', index] }
}

/** In one step: who reads it meanwhile sees the old file or the new one. */
export function writeInstallation({ file, text }: Pick<Installation, 'file' | 'text'>): void {
  makeFolder(dirname(file))
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
