/**
 * The rule of two, by signatures: a maker signs a proposal, a checker signs its digest, each with a key of their own in a
 * command of their own, or with a passkey of theirs on a page. `Approved` is made by verifying both: whoever holds one may carry it out.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { liveOf, people, type Role } from './people.ts'
import type { Signer } from './person-key.ts'
import { didSign, type Signature, type SignatureRow, signatureColumns, signatureIn } from './person-passkeys.ts'
import { areTwoPeople } from './two-people.ts'

/** After this a proposal has to be made again: what was right a week ago may not be. */
const standsForMs = 7 * 86_400_000

const contentShape = z.strictObject({
  what: z.literal('tonebank proposal'),
  tenant: z.string(),
  kind: z.string(),
  request: z.unknown(),
  /** In the maker's words. */
  why: z.string().min(1).max(500).optional(),
  /** The maker's key. */
  maker: z.string(),
  at: z.union([z.int(), z.bigint()]).transform(Number),
  /** So that the same decision, taken again, is another one. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
})

export interface Proposal extends Signature {
  readonly content: Uint8Array
}

export interface Approval extends Signature {
  /** The proposal's, 64 hexadecimal digits. */
  readonly digest: string
  /** The checker's key. */
  readonly checker: string
}

/** The roles that may make and check each kind of decision. */
export type RolesOf = (kind: string) => readonly Role[]

export function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export interface Proposed {
  readonly tenant: string
  readonly kind: string
  /** Plain data of texts, numbers, `bigint` and bytes; a secret never goes in. */
  readonly request: unknown
  readonly why?: string
}

/** A proposal that its maker has not signed yet, and the message by which they do. */
export function unsignedProposal(
  maker: string,
  what: Proposed,
  drawn: { readonly at: number; readonly nonce: string },
): { readonly content: Uint8Array; readonly digest: string; readonly message: Uint8Array } {
  const content = encodeCanonical({ what: 'tonebank proposal', ...what, maker, ...drawn })
  const digest = digestOf(content)
  return { content, digest, message: madeMessage(digest) }
}

export function signProposal(
  maker: Signer,
  what: Proposed,
  drawn: { readonly at: number; readonly nonce: string },
): Proposal {
  const { content, message } = unsignedProposal(maker.keyId, what, drawn)
  return { content, signature: maker.sign(message) }
}

export function signApproval(checker: Signer, digest: string): Approval {
  return { digest, checker: checker.keyId, signature: checker.sign(checkedMessage(digest)) }
}

// Two different messages, so that a maker's signature is never a checker's.
const madeMessage = (digest: string) => encodeCanonical(['tonebank: I propose', digest])
/** What a checker signs. */
export const checkedMessage = (digest: string) => encodeCanonical(['tonebank: I approve', digest])

export type Refusal =
  | { readonly outcome: 'not-a-proposal' }
  | { readonly outcome: 'unknown-proposal' }
  | { readonly outcome: 'unknown-person' }
  | { readonly outcome: 'not-their-role'; readonly needed: readonly Role[] }
  | { readonly outcome: 'bad-signature' }
  | { readonly outcome: 'one-person-only' }
  | { readonly outcome: 'already-approved' }
  /** By its maker. */
  | { readonly outcome: 'withdrawn' }
  | { readonly outcome: 'too-old' }

/** Keeps a proposal for its checker. The same one, made again, is kept once. `isRequest`: whether it is of the kind's shape, and can be read by its checker. */
export async function keepProposal(
  tx: Tx,
  tenant: string,
  { content, ...signature }: Proposal,
  rolesOf: RolesOf,
  at: number,
  isRequest: (kind: string, request: unknown) => boolean = () => true,
): Promise<{ readonly outcome: 'proposed'; readonly digest: string } | Refusal> {
  const read = readContent(content)
  if (read === undefined || read.tenant !== tenant) return { outcome: 'not-a-proposal' }
  const needed = rolesOf(read.kind)
  if (needed.length === 0 || !isRequest(read.kind, read.request)) return { outcome: 'not-a-proposal' }
  // Where the decision keeps why, too, it is the one that is read by whoever approves.
  const { why: kept } = (read.request ?? {}) as { readonly why?: unknown }
  if (kept !== undefined && read.why !== undefined && kept !== read.why) return { outcome: 'not-a-proposal' }
  const maker = liveOf(await people(tx, tenant), read.maker)
  if (maker === undefined) return { outcome: 'unknown-person' }
  if (!needed.includes(maker.role)) return { outcome: 'not-their-role', needed }
  const digest = digestOf(content)
  if (!(await didSign(tx, tenant, maker, madeMessage(digest), signature))) return { outcome: 'bad-signature' }
  await tx.run(
    `INSERT INTO proposal (tenant, digest, content, maker, proposed_at, signature, passkey, authenticator_data, client_data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, digest) DO NOTHING`,
    ...[tenant, digest, content, maker.keyId, BigInt(at), ...signatureColumns(signature)],
  )
  return { outcome: 'proposed', digest }
}

type Row = SignatureRow & {
  readonly digest: string
  readonly content: Uint8Array
  readonly proposed_at: bigint
  readonly checker: string | null
  readonly withdrawn_at: bigint | null
}

const rows = `
  SELECT proposal.digest, content, proposal.signature, proposal.passkey, proposal.authenticator_data, proposal.client_data,
    proposed_at, approval.checker, withdrawn_at
  FROM proposal LEFT JOIN approval USING (tenant, digest) LEFT JOIN withdrawal USING (tenant, digest) WHERE proposal.tenant = ?`

/** What two people decided. Nothing else makes one: `verify` reads both signatures again, in the command that acts on them. */
export class Approved {
  readonly kind: string
  readonly request: unknown
  readonly digest: string
  /** Their names, as they stood when it was decided. */
  readonly maker: string
  readonly checker: string
  readonly #approval: Approval | undefined

  private constructor(
    decision: Pick<Decision, 'kind' | 'request'>,
    digest: string,
    names: { readonly maker: string; readonly checker: string },
    approval?: Approval,
  ) {
    this.kind = decision.kind
    this.request = decision.request
    this.digest = digest
    this.maker = names.maker
    this.checker = names.checker
    this.#approval = approval
  }

  /**
   * As if somebody had approved it: for a command that is undone, which finds out whether it could be done at all. It is noted by nobody.
   * Undefined: nothing is proposed under the digest.
   */
  static async tried(tx: ReadTx, tenant: string, digest: string): Promise<Approved | undefined> {
    const found = await proposalOf(tx, tenant, digest)
    return found && new Approved(found, digest, { maker: found.maker, checker: 'nobody yet' })
  }

  static async verify(
    tx: ReadTx,
    tenant: string,
    approval: Approval,
    rolesOf: RolesOf,
    at: number,
  ): Promise<Approved | Refusal> {
    const row = await tx.one<Row>(`${rows} AND proposal.digest = ?`, tenant, approval.digest)
    const decision = row && readContent(row.content)
    if (row === undefined || decision === undefined || digestOf(row.content) !== approval.digest) {
      return { outcome: 'unknown-proposal' }
    }
    if (row.checker !== null) return { outcome: 'already-approved' }
    if (row.withdrawn_at !== null) return { outcome: 'withdrawn' }
    if (at - Number(row.proposed_at) > standsForMs) return { outcome: 'too-old' }
    const known = await people(tx, tenant)
    const [maker, checker] = [liveOf(known, decision.maker), liveOf(known, approval.checker)]
    if (maker === undefined || checker === undefined) return { outcome: 'unknown-person' }
    if (maker.keyId === checker.keyId || !areTwoPeople(maker.name, checker.name)) return { outcome: 'one-person-only' }
    const needed = rolesOf(decision.kind)
    if (!needed.includes(checker.role) || !needed.includes(maker.role)) return { outcome: 'not-their-role', needed }
    const isRight =
      (await didSign(tx, tenant, maker, madeMessage(approval.digest), signatureIn(row))) &&
      (await didSign(tx, tenant, checker, checkedMessage(approval.digest), approval))
    if (!isRight) return { outcome: 'bad-signature' }
    return new Approved(decision, approval.digest, { maker: maker.name, checker: checker.name }, approval)
  }

  /** To be written in the command that carries it out: it can be carried out once. */
  async note(tx: Tx, tenant: string, at: number): Promise<void> {
    if (this.#approval === undefined) throw new Error('what was only tried is approved by nobody')
    const { digest, checker } = this.#approval
    await tx.run(
      `INSERT INTO approval (tenant, digest, checker, approved_at, signature, passkey, authenticator_data, client_data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[tenant, digest, checker, BigInt(at), ...signatureColumns(this.#approval)],
    )
  }
}

/** A proposal as its checker reads it. */
export interface Waiting {
  readonly digest: string
  readonly kind: string
  readonly request: unknown
  readonly maker: string
  readonly why: string | undefined
  readonly proposedAt: number
  /** What its maker signed, and its digest names: all of the above but a name stands there. */
  readonly content: Uint8Array
}

/** A proposal, and what became of it. */
export interface Standing extends Waiting {
  /** The maker's key. */
  readonly makerKey: string
  /** The name of whoever approved it: it was done then. */
  readonly checker: string | undefined
  /** By its maker: nobody can approve it any more. */
  readonly isWithdrawn: boolean
}

export async function proposalOf(tx: ReadTx, tenant: string, digest: string): Promise<Standing | undefined> {
  const row = await tx.one<Row>(`${rows} AND proposal.digest = ?`, tenant, digest)
  const decision = row && readContent(row.content)
  if (row === undefined || decision === undefined) return undefined
  const known = await people(tx, tenant)
  const nameOf = (key: string) => known.find(({ keyId }) => keyId === key)?.name ?? key
  const { kind, request, why, maker: makerKey } = decision
  const checker = row.checker === null ? undefined : nameOf(row.checker)
  const proposedAt = Number(row.proposed_at)
  return {
    digest,
    kind,
    request,
    why,
    proposedAt,
    content: row.content,
    maker: nameOf(makerKey),
    makerKey,
    checker,
    isWithdrawn: row.withdrawn_at !== null,
  }
}

/** What nobody has approved yet and can still be approved, oldest first. */
export async function waitingProposals(tx: ReadTx, tenant: string, at: number): Promise<readonly Waiting[]> {
  const known = await people(tx, tenant)
  const found = await tx.all<Row>(
    `${rows} AND approval.digest IS NULL AND withdrawal.digest IS NULL ORDER BY proposed_at, digest`,
    tenant,
  )
  return found.flatMap(row => {
    const decision = readContent(row.content)
    if (decision === undefined || at - Number(row.proposed_at) > standsForMs) return []
    const maker = known.find(each => each.keyId === decision.maker)?.name ?? decision.maker
    const { kind, request, why } = decision
    const { digest, content } = row
    return [{ digest, content, kind, request, maker, why, proposedAt: Number(row.proposed_at) }]
  })
}

type Decision = z.output<typeof contentShape>

/** What the digest that is to be signed stands for, out of the very bytes. Undefined: these are not its bytes. */
export function signedUnder(
  content: Uint8Array,
  digest: string,
): Pick<Decision, 'tenant' | 'kind' | 'request' | 'why'> | undefined {
  return digestOf(content) === digest ? readContent(content) : undefined
}

function readContent(content: Uint8Array): Decision | undefined {
  try {
    return contentShape.parse(decodeCanonical(content))
  } catch {
    return undefined
  }
}
