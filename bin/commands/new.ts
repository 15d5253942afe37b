/**
 * `tonebank new bank|merchant|host|securities`: an institution of one's own in an installation's file, with its folder, its keys, and the
 * first two people who decide there. `tonebank sells` puts the vouchers of a merchant, or of a host's payees, on a
 * bank's list.
 */
import { existsSync } from 'node:fs'
import { keepPersonKey } from '../../src/keys/person-folder.ts'
import { drawSigner, type Signer, sealPersonKey } from '../../src/keys/person-key.ts'
import { areTwoPeople } from '../../src/keys/two-people.ts'
import { CNY } from '../../src/money.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import {
  type NewInstitution,
  withCorrespondent,
  withHost,
  withInstitution,
  withPayee,
  writeInstallation,
} from '../../src/operations/installation/edit.ts'
import {
  fileOf,
  folderOf,
  institutionOf,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'
import { readListed } from '../../src/operations/installation/listed-securities.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { beginNewBooks } from '../../src/store/keeper/beginning.ts'
import { minorUnits } from '../amounts.ts'
import { atInstitution } from '../at-institution.ts'
import { newPassphrase } from '../passphrase.ts'

export interface FirstTwo {
  readonly first: string
  readonly second: string
  readonly firstPassphrase?: string
  readonly secondPassphrase?: string
}

export interface NewOptions extends Where, FirstTwo {
  readonly nameEn: string
  readonly nameZh: string
  readonly rings: string
  readonly prefix?: string
  /** Of a bank: what its cards' numbers begin with. */
  readonly cards?: bigint
  readonly denominations?: readonly number[]
}

export async function newBank(id: string, options: NewOptions): Promise<void> {
  const prefix = options.prefix ?? freePrefix(options)
  const cards = options.cards === undefined ? {} : { cards: { issuer: Number(options.cards) } }
  const accountNumbers = { prefix, randomDigits: 8 }
  await make({ kind: 'bank', ...common(id, options), accountNumbers, ...cards, payees: [] }, options)
}

/** The first of 62, 63 … that no account number of another bank of the file begins with. */
function freePrefix(where: Where): string {
  const file = fileOf(where)
  const banks = existsSync(file) ? readInstallation(file).institutions.filter(each => each.kind === 'bank') : []
  for (let prefix = 62; prefix <= 99; prefix++) {
    const own = String(prefix)
    const isTaken = banks.some(
      ({ accountNumbers: { prefix: other } }) => own.startsWith(other) || other.startsWith(own),
    )
    if (!isTaken) return own
  }
  throw new CannotDo('say with --account-prefix what its account numbers begin with: 62 to 99 are taken')
}

export async function newMerchant(id: string, options: NewOptions): Promise<void> {
  const { prefix, denominations } = options
  await make({ kind: 'merchant', ...common(id, options), numbers: { prefix }, denominations }, options)
}

export async function newHost(id: string, options: NewOptions & { readonly payeePrefix: string }): Promise<void> {
  const { prefix, payeePrefix, denominations } = options
  const payeeNumbers = { prefix: payeePrefix, randomDigits: 4 }
  await make({ kind: 'host', ...common(id, options), numbers: { prefix }, payeeNumbers, denominations }, options)
}

export interface NewFirm {
  /** The bank where it has its account. */
  readonly bank: string
  /** Its number in terminals; without it the one that rings it. */
  readonly number?: bigint
  /** A file with what it lists. */
  readonly list: string
  /** What of its own stands on that account, as people write it. */
  readonly capital?: string
}

export async function newSecurities(id: string, options: NewOptions & NewFirm): Promise<void> {
  const { bank, rings, number, list, capital } = options
  const own = number ?? BigInt(rings)
  if (own > 9_999n) throw new CannotDo(`${own} is no number in terminals: say one of 0 to 9999 with --number`)
  const file = fileOf(options)
  const institutions = existsSync(file) ? readInstallation(file).institutions : []
  const other = institutions.find(each => 'cards' in each && numberOf(each.cards) === Number(own))
  if (other !== undefined) throw new CannotDo(`${own} is the number of ${other.id} in terminals already`)
  const cards = { number: Number(own), collectsAt: bank }
  const minor = capital === undefined ? undefined : Number(minorUnits(capital, CNY))
  const securities = readListed(list)
  const entry = {
    kind: 'securities',
    ...common(id, options),
    cards,
    ...(minor && { capital: minor }),
    securities,
  } as const
  await make(entry, options)
}

/** Of who takes cards. */
function numberOf(cards: object | undefined): unknown {
  return cards && 'number' in cards ? cards.number : undefined
}

function common(id: string, { nameEn, nameZh, rings }: NewOptions) {
  return { id, name: { en: nameEn, zh: nameZh }, rings: [rings] }
}

async function make(entry: NewInstitution, options: NewOptions): Promise<void> {
  const file = fileOf(options)
  const installation = withInstitution(file, entry)
  const folder = folderOf(installation, institutionOf(installation, entry.id))
  if (existsSync(folder)) throw new CannotDo(`${folder} is there already: it has the books of an institution`)
  // Before anything is written: who mistypes a passphrase begins anew.
  const two = await drawTwo(options)
  writeInstallation(installation)
  if (installation.keeper !== undefined) beginNewBooks(folder)
  await appointAt(entry.id, options, two)
  process.stdout.write(`${entry.id} stands in ${file}; its books and keys are in ${folder}.\n`)
}

/** The first two people of an institution, each with a passphrase of their own. */
export async function appoint(id: string, where: Where, two: FirstTwo): Promise<void> {
  await appointAt(id, where, await drawTwo(two))
}

interface Drawn {
  readonly signer: Signer
  /** Of the key's file. */
  readonly text: string
}

/** @throws CannotDo when they are not two people, or a passphrase will not do. */
async function drawTwo(two: FirstTwo): Promise<readonly [Drawn, Drawn]> {
  if (!areTwoPeople(two.first, two.second)) throw new CannotDo(`${two.first} and ${two.second} are not two people`)
  const draw = async (name: string, file: string | undefined): Promise<Drawn> => {
    const drawn = drawSigner(systemRuntime, name)
    return { signer: drawn.signer, text: await sealPersonKey(systemRuntime, drawn, await newPassphrase(name, file)) }
  }
  return [await draw(two.first, two.firstPassphrase), await draw(two.second, two.secondPassphrase)]
}

async function appointAt(id: string, where: Where, two: readonly [Drawn, Drawn]): Promise<void> {
  const at = atInstitution(id, where)
  const publicOf = ({ signer: { name, keyId, publicKey } }: Drawn) => ({ name, keyId, publicKey })
  const { outcome } = await at.ask('people.first', { two: [publicOf(two[0]), publicOf(two[1])] })
  if (outcome === 'one-person-only') throw new CannotDo('the first two are not two people')
  if (outcome === 'there-are-people') throw new CannotDo(`${id} has people: two of them decide who comes (people add)`)
  for (const { signer, text } of two) {
    process.stdout.write(`${signer.name}'s key: ${keepPersonKey(at.folder, signer.name, text)}\n`)
  }
}

/** The bank sells the vouchers of the merchant, or of the host's payees, from the next start or reload on. */
export async function sells(bank: string, seller: string, where: Where & { number?: string }): Promise<void> {
  const file = fileOf(where)
  const payee = institutionOf(readInstallation(file), seller)
  if (payee.kind !== 'merchant' && payee.kind !== 'host')
    throw new CannotDo(`${seller} is a ${payee.kind}, and issues no vouchers`)
  const number = where.number ?? payee.rings[0]
  if (number === undefined) throw new CannotDo(`no number rings ${seller}: say which callers key with --number`)
  const entry = { id: payee.id, number, name: payee.name, denominations: payee.denominations.map(Number) }
  writeInstallation((payee.kind === 'host' ? withHost : withPayee)(file, bank, entry))
  const whose = payee.kind === 'host' ? `whoever is paid by ${seller}` : `${seller} under ${number}`
  process.stdout.write(`${bank} sells vouchers of ${whose} once it is started, or reloaded.\n`)
}

/** Money goes between the two banks from the next start or reload on: each is in the other's list. */
export async function correspond(one: string, other: string, where: Where & { cap?: string }): Promise<void> {
  const file = fileOf(where)
  const installation = readInstallation(file)
  const banks = [one, other].map(id => {
    const entry = institutionOf(installation, id)
    if (entry.kind !== 'bank') throw new CannotDo(`${id} is a ${entry.kind}, and no bank`)
    return entry
  })
  for (const own of banks) {
    for (const { id, name, accountNumbers, currency } of banks) {
      if (id === own.id) continue
      if (own.banks.some(known => known.id === id)) throw new CannotDo(`${own.id} has ${id} in its list already`)
      const debitCap = where.cap === undefined ? undefined : Number(minorUnits(where.cap, currency))
      const entry = { id, name, accountPrefix: accountNumbers.prefix, ...(debitCap && { debitCap }) }
      writeInstallation(withCorrespondent(file, own.id, entry))
    }
  }
  process.stdout.write(`money goes between ${one} and ${other} once they are started, or reloaded.\n`)
}
