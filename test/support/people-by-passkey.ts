/** People of an institution who sign by passkeys, set up as command and browser do it. */
import type { RunningInstitution } from '../../src/institution/premises.ts'
import { checkedMessage, unsignedProposal } from '../../src/keys/approval.ts'
import { assertionIn, type PasskeySite } from '../../src/keys/passkey.ts'
import { challengeOf } from '../../src/keys/passkey-assertion.ts'
import type { Signer } from '../../src/keys/person-key.ts'
import { signAboutTo, signMine } from '../../src/keys/person-passkeys.ts'
import { now, type Runtime, randomId } from '../../src/runtime.ts'
import { Authenticator } from './authenticator.ts'

const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'

type Institution = Pick<RunningInstitution, 'peoplePasskeys' | 'decisions' | 'card'>

export async function enrolPerson(
  { peoplePasskeys, card: { institution } }: Institution,
  runtime: Runtime,
  signer: Signer,
  site: PasskeySite,
): Promise<Authenticator> {
  peoplePasskeys.servedAt(site.origin)
  const at = now({ runtime })
  const person = signer.keyId
  const begun = await peoplePasskeys.begin({ person, at, signature: signAboutTo(signer, institution, at) })
  if (begun.outcome !== 'begun') throw new Error(begun.outcome)
  const device = new Authenticator(`${signer.name} ${site.origin} ${randomId(runtime)}`)
  const taken = peoplePasskeys.take(begun.code, { channel: 'page', address: signer.name })
  if (taken.outcome !== 'taken') throw new Error(taken.outcome)
  await peoplePasskeys.made(taken.id, { response: device.create(challenge, site), challenge, site })
  const made = await begun.made
  if (made === 'over') throw new Error(made)
  const signature = signMine(signer, institution, made, at)
  const { outcome } = await peoplePasskeys.vouch(begun.code, { person, at, signature })
  if (outcome !== 'enrolled') throw new Error(outcome)
  return device
}

interface Clerk {
  readonly signer: Signer
  readonly device: Authenticator
}

/** Two people decide, each by their passkey. */
export async function decideByPasskeys(
  { decisions, card: { institution: tenant } }: Institution,
  runtime: Runtime,
  site: PasskeySite,
  [maker, checker]: readonly [Clerk, Clerk],
  what: { readonly kind: string; readonly request: unknown },
): Promise<void> {
  const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
  const { content, digest, message } = unsignedProposal(maker.signer.keyId, { tenant, ...what }, drawn)
  const signed = ({ device }: Clerk, message: Uint8Array) => {
    const read = assertionIn(device.get(challengeOf(message), site))
    if (read === undefined) throw new Error('no assertion')
    return read
  }
  const proposed = await decisions.propose({ content, ...signed(maker, message) })
  if (proposed.outcome !== 'proposed') throw new Error(proposed.outcome)
  const word = { digest, checker: checker.signer.keyId, ...signed(checker, checkedMessage(digest)) }
  const approved = await decisions.approve(word)
  if (!approved.decided || !approved.done) throw new Error(approved.outcome)
}
