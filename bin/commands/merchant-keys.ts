/** `tonebank merchant-keys`: keys by which the programs of a payee's shops ask its API, each made and revoked by a person who signs. */
import { drawApiKey, signNewKey, signRevocation } from '../../src/merchant/till/api-keys.ts'
import { webhookAddress } from '../../src/merchant/till/webhook-address.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { now, systemRuntime } from '../../src/runtime.ts'
import { atInstitution, refusals, type Signing, signerOf } from '../at-institution.ts'

export async function list(id: string, where: Where): Promise<void> {
  const keys = await atInstitution(id, where).ask('api-keys.list', {})
  if (keys.length === 0) process.stdout.write('No program has a key.\n')
  for (const { id: key, name, webhook, revokedAt } of keys) {
    const told = webhook === undefined ? '' : `, told at ${webhook}`
    process.stdout.write(`${key}  ${name}${told}${revokedAt === undefined ? '' : ', revoked'}\n`)
  }
}

/** The key is drawn here, and only a hash of it goes to the institution: it is shown once. */
export async function add(
  id: string,
  name: string,
  options: Signing & { readonly webhook?: string; readonly json?: boolean },
): Promise<void> {
  const at = atInstitution(id, options)
  const signer = await signerOf(at.folder, options)
  const webhook = webhookOf(options.webhook)
  const { presented, key } = drawApiKey(systemRuntime, { name, webhook })
  const by = signNewKey(signer, at.entry.id, key, now({ runtime: systemRuntime }))
  const added = await at.ask('api-keys.add', { key, by })
  if (added.outcome === 'known') throw new CannotDo('that key is known already')
  if (added.outcome !== 'added') throw new CannotDo(refusals[added.outcome])
  const signing = added.signingSecret?.reveal() ?? ''
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ id: key.id, key: presented.reveal(), signing })}\n`
      : `API key, shown once: ${presented.reveal()}\nSigning secret, for orders and webhooks: ${signing}\n`,
  )
}

export async function revoke(id: string, key: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const signer = await signerOf(at.folder, options)
  const by = signRevocation(signer, at.entry.id, key, now({ runtime: systemRuntime }))
  const revoked = await at.ask('api-keys.revoke', { key, by })
  if (revoked.outcome === 'unknown-key')
    throw new CannotDo(`no key ${key} may be used: \`tonebank merchant-keys list ${id}\``)
  if (revoked.outcome !== 'revoked') throw new CannotDo(refusals[revoked.outcome])
  process.stdout.write(`${key} may be used no more\n`)
}

function webhookOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const read = webhookAddress(text, { isHere: true })
  if (read === 'not-safe')
    throw new CannotDo('--webhook needs an address that begins with https://, or with http:// on this machine')
  if (read === 'with-password') throw new CannotDo('--webhook takes no name and no password')
  return read.href
}
