/**
 * An installation's file: YAML, checked as a whole before anything of it is used. Whatever is wrong is said with its line
 * and its field.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { databaseIn } from '../../store/connection.ts'
import { CannotDo } from '../cannot-do.ts'
import { orExplain } from '../explain.ts'
import { type InstallationSettings, type InstitutionEntry, installationSchema } from './schema.ts'

export interface Installation extends InstallationSettings {
  /** The file, absolute; books and keys lie below its folder unless it says otherwise. */
  readonly file: string
  readonly dataFolder: string
  /** What the file said when it was read: a process that is started again later is told this, and not a file half edited. */
  readonly text: string
}

/** The name of the file in a data folder. */
const fileName = 'tonebank.yaml'

export interface Where {
  /** The installation's file. */
  readonly config?: string | undefined
  /** A folder with a file of the usual name in it. */
  readonly data: string
}

/** @throws CannotDo when a name is empty, which would be the folder that one stands in. */
export function fileOf({ config, data }: Where): string {
  if ((config ?? data).trim() === '')
    throw new CannotDo(
      `${config === undefined ? '--data needs the name of a folder' : '--config needs the name of a file'}`,
    )
  return config === undefined ? join(resolve(data), fileName) : resolve(config)
}

/** @throws CannotDo when there is no such file, or something in it is wrong. */
export function readInstallation(file: string): Installation {
  if (!existsSync(file))
    throw new CannotDo(`there is no ${file}: \`npm start\` makes the demonstration's, \`tonebank new\` one of your own`)
  return parseInstallation(
    file,
    orExplain('the installation cannot be read', () => readFileSync(file, 'utf8')),
  )
}

/** Keys are text as it stands: a number that somebody dials is not `4930` where `+4930` was written without quotation marks. */
export const asWritten = { stringKeys: true } as const

/** @throws CannotDo */
export function parseInstallation(file: string, text: string): Installation {
  const counter = new LineCounter()
  const document = parseDocument(text, { ...asWritten, lineCounter: counter })
  const [fault] = document.errors
  if (fault) throw new CannotDo(`${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message.split('\n')[0]}`)
  const complain = (path: readonly PropertyKey[], message: string) =>
    complaintIn(file, document, counter, path, message)
  const parsed = installationSchema.safeParse(document.toJS() ?? {})
  if (!parsed.success) {
    const complaints = parsed.error.issues.map(({ path, message }) => complain(path, message))
    throw new CannotDo(complaints.join('\n'))
  }
  const missing = missingFiles(dirname(file), parsed.data).map(({ path, name }) =>
    complain(path, `there is no file ${name}`),
  )
  if (missing.length > 0) throw new CannotDo(missing.join('\n'))
  return { ...parsed.data, file, dataFolder: dirname(file), text }
}

/** What is wrong with a field of an installation that was read. */
export function complaintOf(
  { file, text }: Pick<Installation, 'file' | 'text'>,
  path: readonly PropertyKey[],
  message: string,
): string {
  const counter = new LineCounter()
  const document = parseDocument(text, { ...asWritten, lineCounter: counter })
  return complaintIn(file, document, counter, path, message)
}

function complaintIn(
  file: string,
  document: Document.Parsed,
  counter: LineCounter,
  path: readonly PropertyKey[],
  message: string,
): string {
  const field = path.map(String).join('.')
  return `${file}:${lineOf(document, counter, path)}: ${field === '' ? '' : `${field}: `}${message}`
}

/** Files that it names and that are not there. */
function missingFiles(folder: string, { keeper, institutions, asterisk: { trunks } }: InstallationSettings) {
  const single = [
    ...trunks.flatMap(({ provider, register }, i) => [
      { path: ['asterisk', 'trunks', i, 'provider', 'ca'], name: provider.ca },
      { path: ['asterisk', 'trunks', i, 'register', 'passwordFile'], name: register?.passwordFile },
    ]),
    ...institutions.flatMap((entry, i) => {
      const { ca, passwordFile } = (entry.kind === 'bank' && entry.confirmations?.smtp) || {}
      const at = ['institutions', i, 'confirmations', 'smtp'] as const
      return [
        { path: [...at, 'ca'], name: ca },
        { path: [...at, 'passwordFile'], name: passwordFile },
      ]
    }),
    { path: ['keeper', 'passwordFile'], name: keeper?.passwordFile },
    { path: ['keeper', 'tls', 'ca'], name: keeper?.tls?.ca },
  ].flatMap(({ path, name }) => (name !== undefined && !existsSync(resolve(folder, name)) ? [{ path, name }] : []))
  return [...single, ...missingRecordings(folder, institutions)]
}

function missingRecordings(folder: string, institutions: InstallationSettings['institutions']) {
  return institutions.flatMap((entry, i) =>
    entry.kind === 'merchant'
      ? entry.catalogue.flatMap(({ file = {} }, j) =>
          Object.entries(file)
            .filter(([, name]) => !existsSync(resolve(folder, name)))
            .map(([language, name]) => ({ path: ['institutions', i, 'catalogue', j, 'file', language], name })),
        )
      : [],
  )
}

/** The line of the field, or of what it is missing in. */
function lineOf(document: Document.Parsed, counter: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line
  }
  return 1
}

export function folderOf(installation: Installation, { id, folder }: InstitutionEntry): string {
  return resolve(installation.dataFolder, folder ?? join('institutions', id))
}

/** Of institutions that were started at least once: ids and folders. */
export function booksIn(installation: Installation): { readonly id: string; readonly folder: string }[] {
  return installation.institutions
    .map(entry => ({ id: entry.id, folder: folderOf(installation, entry) }))
    .filter(({ folder }) => existsSync(databaseIn(folder)))
}

/** The folder of an institution that has books. @throws CannotDo when it was never started */
export function booksOf(installation: Installation, entry: InstitutionEntry): string {
  const folder = folderOf(installation, entry)
  if (existsSync(databaseIn(folder))) return folder
  throw new CannotDo(`${entry.id} has no books in ${folder} yet: start it first`)
}

/** @throws CannotDo with the institutions that there are. */
export function institutionOf(installation: Installation, id: string): InstitutionEntry {
  const found = installation.institutions.find(each => each.id === id)
  if (found) return found
  const known = installation.institutions.map(each => each.id)
  throw new CannotDo(
    `no institution ${id}; ${known.length > 0 ? `there are ${known.join(' and ')}` : 'there are none'} in ${installation.file}`,
  )
}

/** Every number that reaches it. */
export function numbersOf({ rings, lines }: InstitutionEntry): string[] {
  return [...rings, ...Object.values(lines).flat()]
}

/** Which number rings which line of which institution: that of its kind (of a payee with a catalogue the one that sells it), or another. */
export function linesOf({ institutions }: Pick<Installation, 'institutions'>) {
  return institutions.flatMap(entry => {
    const line = entry.kind === 'merchant' && entry.catalogue.length > 0 ? 'information' : entry.kind
    const lines = [[line, entry.rings], ...Object.entries(entry.lines)] as const
    return lines.flatMap(([name, numbers]) => numbers.map(number => ({ number, institution: entry.id, line: name })))
  })
}
