/**
 * Two people who sign with keys that lie open: those of the demonstration, of tests and of measurements. In the field each
 * signs in a command of their own, with a passphrase of their own.
 */
import type { InstitutionId } from '../src/ids.ts'
import type { Carried, Decisions } from '../src/institution/decisions.ts'
import { signApproval, signProposal } from '../src/keys/approval.ts'
import { drawSigner, type Signer } from '../src/keys/person-key.ts'
import { now, type Runtime, randomId } from '../src/runtime.ts'

export interface TwoPeople {
  readonly maker: Signer
  readonly checker: Signer
}

/** @throws Error when the institution has people already */
export async function appointTwo(decisions: Decisions, runtime: Runtime, names: { maker: string; checker: string }) {
  const [maker, checker] = [drawSigner(runtime, names.maker), drawSigner(runtime, names.checker)]
  const { outcome } = await decisions.first([maker.signer, checker.signer])
  if (outcome !== 'added') throw new Error(`the first two people: ${outcome}`)
  return { maker, checker }
}

/** Proposes and approves at once. @throws Error when a signature is refused; what the business refuses is an outcome */
export async function bothSign(
  {
    decisions,
    card,
  }: {
    readonly decisions: Pick<Decisions, 'withFacts' | 'propose' | 'approve'>
    readonly card: { readonly institution: InstitutionId }
  },
  runtime: Runtime,
  { maker, checker }: TwoPeople,
  kind: string,
  asked: unknown,
): Promise<Carried> {
  const request = await decisions.withFacts(kind, asked as Readonly<Record<string, unknown>>)
  const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
  const proposed = await decisions.propose(signProposal(maker, { tenant: card.institution, kind, request }, drawn))
  if (proposed.outcome === 'impossible') return { done: false, outcome: proposed.why }
  if (proposed.outcome !== 'proposed') throw new Error(`${kind}: ${proposed.outcome}`)
  const approved = await decisions.approve(signApproval(checker, proposed.digest))
  if (!approved.decided) throw new Error(`${kind}: ${approved.outcome}`)
  return approved
}
