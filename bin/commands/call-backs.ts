/** `tonebank callbacks`: callers of an institution who want to be called back. People dial them; what is done is signed. */
import { type OpenCallBack, signDone } from '../../src/institution/call-backs.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { now, systemRuntime } from '../../src/runtime.ts'
import { atInstitution, refusals, type Signing, signerOf } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

export async function list(id: string, where: Where): Promise<void> {
  const open = await atInstitution(id, where).ask('call-backs.list', {})
  if (open.length === 0) process.stdout.write(`${id}: nobody waits to be called back\n`)
  for (const each of open) process.stdout.write(lineOf(each))
}

/** Signs that these callers were called back, or need not be. Their numbers are gone then. */
export async function done(id: string, numbers: readonly bigint[], options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const open = (await at.ask('call-backs.list', {})).filter(({ number }) => numbers.includes(number))
  if (open.length < new Set(numbers).size)
    throw new CannotDo(`not all of these wait: \`tonebank callbacks list ${id}\` lists those that do`)
  for (const each of open) process.stdout.write(lineOf(each))
  const signer = await signerOf(at.folder, options)
  const signedAt = now({ runtime: systemRuntime })
  const noted = await at.ask('call-backs.done', {
    signer: signer.keyId,
    done: open.map(each => signDone(signer, at.entry.id, each, signedAt)),
  })
  if (noted.outcome !== 'done') throw new CannotDo(refusals[noted.outcome])
  process.stdout.write(`done, says ${signer.name}\n`)
}

const spoken = { en: 'English', zh: 'Mandarin' } as const

function lineOf({ number, telephone = 'the number is lost', language, askedAt }: OpenCallBack): string {
  return `${number}  ${shownDate(askedAt)}  ${telephone}  ${spoken[language]}\n`
}
