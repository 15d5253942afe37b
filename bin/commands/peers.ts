/** `tonebank peers` and `tonebank alarms`: the counterparties of an institution, and what happened with them. */
import { readFileSync } from 'node:fs'
import { peerCardShape } from '../../src/institution/decisions.ts'
import { fingerprint, type PeerCard } from '../../src/mail/peers.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { decodeLine, encodeLine } from '../../src/operations/owner/wire.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
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

function readCard(file: string): PeerCard {
  try {
    return peerCardShape.parse(decodeLine(readFileSync(file, 'utf8')))
  } catch {
    throw new CannotDo(`${file} holds no card of an institution: \`tonebank peers card\` makes one`)
  }
}

export async function alarms(id: string, where: Where): Promise<void> {
  const open = await atInstitution(id, where).ask('alarms.list', {})
  if (open.length === 0) process.stdout.write(`${id}: no alarm is open\n`)
  for (const { number, kind, peer, detail, at } of open) {
    process.stdout.write(`${number}  ${shownDate(at)}  ${kind}  ${peer}: ${detail}\n`)
  }
}

export async function acknowledge(
  id: string,
  numbers: readonly bigint[],
  options: Where & { by: string },
): Promise<void> {
  const { acknowledged } = await atInstitution(id, options).ask('alarms.acknowledge', {
    numbers: [...numbers],
    by: options.by,
  })
  process.stdout.write(`${acknowledged} of ${numbers.length} alarms were open and are acknowledged by ${options.by}\n`)
}
