/** `tonebank people`, `tonebank approve`, `tonebank decisions`: who decides at an institution, and what they decide. */

import { signApproval, signedUnder, type Waiting } from '../../src/keys/approval.ts'
import { keepPersonKey } from '../../src/keys/person-folder.ts'
import { drawSigner, sealPersonKey } from '../../src/keys/person-key.ts'
import { signWithdrawal } from '../../src/keys/withdrawal.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { type AtInstitution, atInstitution, proposeAt, refusals, type Signing, signerOf } from '../at-institution.ts'
import { newPassphrase } from '../passphrase.ts'
import { readable } from '../readable.ts'
import { whyNotDone } from '../why-not-done.ts'

export async function list(id: string, where: Where): Promise<void> {
  const people = await atInstitution(id, where).ask('people.list', {})
  for (const { name, role, keyId, revokedAt } of people) {
    process.stdout.write(`${name}, ${role}, key ${keyId}${revokedAt === undefined ? '' : ', revoked'}\n`)
  }
}

/** The new person makes a key of their own; two others decide whether it counts. */
export async function add(
  id: string,
  name: string,
  options: Signing & { role: string; newPassphraseFile?: string },
): Promise<void> {
  const at = atInstitution(id, options)
  const drawn = drawSigner(systemRuntime, name)
  const text = await sealPersonKey(systemRuntime, drawn, await newPassphrase(name, options.newPassphraseFile))
  const { publicKey } = drawn.signer
  // Kept first: somebody approved whose key was lost could never sign.
  process.stdout.write(`${name}'s key: ${keepPersonKey(at.folder, name, text)}\n`)
  await proposeAt(at, 'add-person', { name, role: options.role, publicKey }, options)
}

export async function revoke(id: string, name: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'revoke-person', { name }, options)
}

/** What waits for a second person. */
export async function decisions(id: string, where: Where): Promise<void> {
  const at = atInstitution(id, where)
  const waiting = await at.ask('decisions.waiting', {})
  if (waiting.length === 0) process.stdout.write('Nothing waits for a second person.\n')
  for (const { isOvertaken, ...proposal } of waiting)
    process.stdout.write(`${proposal.digest}\n${said(at, proposal)}${isOvertaken ? `  ${overtaken}\n` : ''}`)
}

/** The second person's word. What is approved is shown before the passphrase is asked for. */
export async function approve(id: string, digest: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const proposal = (await at.ask('decisions.waiting', {})).find(each => each.digest === digest)
  if (proposal === undefined)
    throw new CannotDo(`nothing of this digest waits at ${id}: \`tonebank decisions ${id}\` lists what does`)
  process.stdout.write(said(at, proposal))
  const checker = await signerOf(at.folder, options)
  const became = await at.ask('decisions.approve', signApproval(checker, digest))
  if (!became.decided) throw new CannotDo(refusals[became.outcome])
  if (!became.done)
    throw new CannotDo(`it was not done: ${became.outcome === 'other-facts' ? overtaken : whyNotDone(became.outcome)}`)
  process.stdout.write(`${checker.name} approves, and it is done: ${became.outcome}\n`)
  if (became.secret) process.stdout.write(`For the customer alone: ${became.secret.reveal()}\n`)
}

/** Its maker takes a proposal back. */
export async function withdraw(id: string, digest: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const maker = await signerOf(at.folder, options)
  const { outcome } = await at.ask('decisions.withdraw', signWithdrawal(maker, digest))
  if (outcome !== 'withdrawn') throw new CannotDo(refusals[outcome])
  process.stdout.write(`${maker.name} has taken it back: nobody can approve it any more\n`)
}

/** To whoever proposed it as well as to whoever would approve it. */
const overtaken =
  'the books say something else by now than what was signed, so that nothing is done by it: propose it anew'

/** Out of the bytes that its digest stands for. @throws CannotDo when these are others */
function said({ entry }: AtInstitution, { maker, digest, content }: Waiting): string {
  const signed = signedUnder(content, digest)
  if (signed === undefined || signed.tenant !== entry.id)
    throw new CannotDo(`what ${entry.id} shows is not what the digest ${digest} stands for: approve nothing`)
  const { kind, why } = signed
  const lines = readable({ ...(signed.request as object), ...(why !== undefined && { why }) }, entry.currency)
  return [`  ${maker} proposes: ${kind}`, ...lines.map(line => `  ${line}`), ''].join('\n')
}
