/** `tonebank people passkey` and the others: the passkeys by which people sign on their institution's page. */
import { createInterface } from 'node:readline/promises'
import { comparedDigits } from '../../src/institution/person-passkeys.ts'
import type { VouchedPasskey } from '../../src/keys/person-passkeys.ts'
import { signAboutTo, signMine, signNoMore } from '../../src/keys/person-passkeys.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { now, systemRuntime, withDeadline } from '../../src/runtime.ts'
import type { Secret } from '../../src/secret.ts'
import { groupsOf } from '../../src/speech/spoken.ts'
import { atInstitution, type Signing, signerOf } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

/** The code lasts ten minutes; comparing takes a while. */
const patienceMs = 12 * 60_000

/** Prints a code for the browser, waits for the passkey that is made under it, and signs for it once it was compared. */
export async function setUp(id: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const signer = await signerOf(at.folder, options)
  const begunAt = now({ runtime: systemRuntime })
  const asked = { person: signer.keyId, at: begunAt, signature: signAboutTo(signer, id, begunAt) }
  let giveUp: (why: unknown) => void = () => {}
  const givenUp = new Promise<never>((_resolve, reject) => {
    giveUp = reject
  })
  const asking = at.ask('people.passkey', asked, {
    began: send => {
      answer = send
    },
    heard: news => ('code' in news ? sayCode(news) : void vouchFor(news.made).catch(giveUp)),
  })
  let answer: (said: { at: number; signature: Uint8Array }) => void = () => {}
  const vouchFor = async (made: VouchedPasskey) => {
    const typed = await lineTyped('The eight digits that the page shows: ')
    if (typed.replace(/\D/g, '') !== comparedDigits(made))
      throw new CannotDo('those are not the digits of the passkey that was made: nothing was signed. Begin again')
    const signedAt = now({ runtime: systemRuntime })
    answer({ at: signedAt, signature: signMine(signer, id, made, signedAt) })
  }
  const { outcome } = await withDeadline(systemRuntime, 'the passkey', patienceMs, Promise.race([asking, givenUp]))
  if (outcome !== 'enrolled') throw new CannotDo(refusals[outcome])
  process.stdout.write(`${signer.name} signs at ${id} by this passkey from now on.\n`)
}

function sayCode({ code, url }: { readonly code: Secret; readonly url: string }): void {
  process.stdout.write(
    `Open ${url}/enrol in the browser that is to hold the passkey, and type there within ten minutes:\n` +
      `${groupsOf(code.reveal()).join(' ')}\n`,
  )
}

export async function list(id: string, where: Where): Promise<void> {
  const passkeys = await atInstitution(id, where).ask('people.passkeys', {})
  if (passkeys.length === 0) process.stdout.write(`Nobody at ${id} has a passkey.\n`)
  for (const { id: passkey, name, origin, enrolledAt, usedAt } of passkeys) {
    const used = usedAt === undefined ? 'not used yet' : `used last ${shownDate(usedAt)}`
    process.stdout.write(`${passkey}\n  ${name}, for ${origin}, since ${shownDate(enrolledAt)}, ${used}\n`)
  }
}

/** What it signed stands; it signs no more. */
export async function letGo(id: string, passkey: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const signer = await signerOf(at.folder, options)
  const when = now({ runtime: systemRuntime })
  const word = { person: signer.keyId, at: when, signature: signNoMore(signer, id, passkey, when) }
  const { outcome } = await at.ask('people.passkey-let-go', { passkey, word })
  if (outcome !== 'let-go') throw new CannotDo(refusals[outcome])
  process.stdout.write(`This passkey of ${signer.name} signs no more.\n`)
}

async function lineTyped(prompt: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(prompt)
  } finally {
    lines.close()
  }
}

const refusals = {
  'no-page': 'nothing here serves its people a page: is it running, and has its entry in the file a `counter`?',
  'unknown-person': 'this key is not of anybody who may decide here',
  'bad-signature': 'the signature is not of that key, or the clocks differ',
  'known-passkey': 'this passkey was set up before: its device makes a new one',
  'used-since': 'it signed something after the time that you signed: give the command again',
  'unknown-passkey': 'this person has no such passkey: `tonebank people passkeys` lists them',
  over: 'the code is over: begin again',
} as const
