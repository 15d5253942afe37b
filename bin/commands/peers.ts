/** `tonebank peers` and `tonebank alarms`: the counterparties of an institution, and what happened with them. */
import { readFileSync } from 'node:fs'
import { type OpenAlarm, acknowledge as sign } from '../../src/institution/alarm-book.ts'
import { peerCardShape } from '../../src/institution/common-decisions.ts'
import { fingerprint, type PeerCard } from '../../src/mail/peers.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { decodeLine, encodeLine } from '../../src/operations/owner/wire.ts'
import { now, systemRuntime } from '../../src/runtime.ts'
import { atInstitution, proposeAt, refusals, type Signing, signerOf } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

/** The card on standard output; its fingerprint, which two people compare by another way, beside it. */
export async function card(id: string, where: Where): Promise<void> {
  const own = await atInstitution(id, where).ask('peers.card', {})
  process.stdout.write(encodeLine(own.card))
  process.stderr.write(`fingerprint: ${own.fingerprint}\n`)
}

export async function list(id: string, where: Where): Promise<void> {
  for (const peer of await atInstitution(id, where).ask('peers.list', {})) {
    process.stdout.write(`${peer.institution}  ${peer.fingerprint}${peer.suspended ? '  suspended' : ''}\n`)
  }
}

/** `compared`: what the counterparty said, by telephone or in person; the card's own proves nothing about where it came from. */
export async function pin(id: string, file: string, options: Signing & { fingerprint: string }): Promise<void> {
  const read = readCard(file)
  const found = fingerprint(read)
  const compared = options.fingerprint.replace(/\D/g, '')
  if (compared !== found.replace(/\D/g, '')) {
    throw new CannotDo(`this card's fingerprint is ${found}, and not the one that was compared`)
  }
  await proposeAt(atInstitution(id, options), 'pin-peer', { card: read, fingerprint: found }, options)
}

export async function resume(id: string, peer: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'resume-peer', { peer }, options)
}

/** After asking the counterparty why it left epochs out. */
export async function allowEpoch(id: string, peer: string, epoch: bigint, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'allow-epoch', { peer, epoch }, options)
}

export function readCard(file: string): PeerCard {
  const text = readFileSync(file, 'utf8')
  try {
    return peerCardShape.parse(decodeLine(text))
  } catch {
    throw new CannotDo(`${file} holds no card of an institution: \`tonebank peers card\` makes one`)
  }
}

export async function alarms(id: string, where: Where): Promise<void> {
  const open = await atInstitution(id, where).ask('alarms.list', {})
  if (open.length === 0) process.stdout.write(`${id}: no alarm is open\n`)
  for (const alarm of open) process.stdout.write(lineOf(alarm))
}

/** Signs that somebody has looked into these alarms, each as it is shown. One person is enough. */
export async function acknowledge(id: string, numbers: readonly bigint[], options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const open = (await at.ask('alarms.list', {})).filter(({ number }) => numbers.includes(number))
  if (open.length < new Set(numbers).size)
    throw new CannotDo(`not all of these alarms are open: \`tonebank alarms list ${id}\` lists those that are`)
  for (const alarm of open) process.stdout.write(lineOf(alarm))
  const signer = await signerOf(at.folder, options)
  const signedAt = now({ runtime: systemRuntime })
  const acknowledged = await at.ask('alarms.acknowledge', {
    signer: signer.keyId,
    acknowledgements: open.map(alarm => sign(signer, at.entry.id, alarm, signedAt)),
  })
  if (acknowledged.outcome !== 'acknowledged') throw new CannotDo(refusals[acknowledged.outcome])
  process.stdout.write(`acknowledged by ${signer.name}\n`)
}

function lineOf({ number, kind, peer, detail, at }: OpenAlarm): string {
  return `${number}  ${shownDate(at)}  ${kind}  ${peer}: ${detail}\n`
}
