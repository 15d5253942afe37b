/** `tonebank recovery`: what is known of books that went back in time, and the word of two people that lets callers in again. */
import type { Where } from '../../src/operations/installation/file.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

export async function list(id: string, where: Where): Promise<void> {
  const losses = await atInstitution(id, where).ask('recovery.list', {})
  if (losses.length === 0) process.stdout.write(`${id}: its books never went back\n`)
  for (const { epoch, reached, held, heldBy, foundAt, releasedAt } of losses) {
    const state = releasedAt === undefined ? 'callers wait' : `released ${shownDate(releasedAt)}`
    process.stdout.write(
      `${shownDate(foundAt)}  epoch ${epoch}  the books ended at record ${reached}, ${heldBy} holds record ${held}  ${state}\n`,
    )
  }
}

export async function release(id: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'release-recovery', {}, options)
}
