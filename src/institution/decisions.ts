/**
 * What two people decide at an institution, and how it is carried out: the approval and what follows from it are one
 * commit. Every kind of institution has those about people and peers (`common-decisions.ts`); a bank adds those of its branch.
 */
import { z } from 'zod'
import type { InstitutionId } from '../ids.ts'
import {
  type Approval,
  Approved,
  digestOf,
  keepProposal,
  type Proposal,
  proposalOf,
  type Refusal,
  type Standing,
  type Waiting,
  waitingProposals,
} from '../keys/approval.ts'
import { addFirstPeople, type FirstPeople, type Person, people, type Role } from '../keys/people.ts'
import type { PersonPublic } from '../keys/person-key.ts'
import { type Withdrawal, type Withdrawn, withdraw } from '../keys/withdrawal.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { Store, Tx } from '../store/store.ts'
import { factsIn, isSame, withoutFacts } from './signed-facts.ts'

/** What became of a decision: refused by the business, it can be approved again later. */
export interface Carried {
  readonly done: boolean
  /** One of the outcomes of its kind, such as `paid-in` or `unknown-account`. */
  readonly outcome: string
  /** For the checker's eyes alone, once: a PIN that was drawn. */
  readonly secret?: Secret
}

export interface Kind {
  readonly roles: readonly Role[]
  /** Of the request. What is not of it is proposed by nobody. */
  readonly shape?: z.ZodType
  /**
   * What these books say of it now, which both people sign as the request's `facts`: what is found otherwise when it is carried out is refused.
   * Undefined: there is nothing such. Whatever it writes is undone.
   */
  facts?(tx: Tx, request: unknown, at: number): Promise<Readonly<Record<string, unknown>> | undefined>
  /** Of a kind that prepares: what refuses it before anything is drawn. `done`, or undefined: nothing does. */
  looks?(tx: Tx, by: Approved): Promise<Carried | undefined>
  /** Slow work before the commit. What it returns is handed to `carryOut`. */
  prepare?(request: unknown): Promise<unknown>
  /** `request` is the proposal's, in its shape. Awaits nothing but `tx`. */
  carryOut(tx: Tx, approved: Approved, at: number, prepared: unknown): Promise<Carried>
  afterwards?(): Promise<void>
}

/** For a decision whose facts are read, and not found by doing it. What refuses it by itself says so first. */
export function onFacts(kind: Kind & { readonly facts: NonNullable<Kind['facts']> }): Kind {
  return {
    ...kind,
    carryOut: async (tx, approved, at, prepared) => {
      const facts = await kind.facts(tx, approved.request, at)
      const carried = await kind.carryOut(tx, approved, at, prepared)
      if (!carried.done || isSame(factsIn(approved.request), facts)) return carried
      // What it wrote is undone.
      return { done: false, outcome: 'other-facts' }
    },
  }
}

/** `impossible`: with the outcome that it would have, such as `unknown-account`. */
export type ProposalOutcome =
  | { readonly outcome: 'proposed'; readonly digest: string }
  | { readonly outcome: 'impossible'; readonly why: string }
  | Refusal

export interface Decisions {
  first(two: readonly [PersonPublic, PersonPublic]): Promise<FirstPeople>
  people(): Promise<readonly Person[]>
  /** What is proposed of a kind, with the facts that are signed with it. */
  withFacts(kind: string, request: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>
  /** Whether these books say something else by now than a proposal does: nothing is done by it any more. */
  isOvertaken(proposal: Pick<Waiting, 'kind' | 'request'>): Promise<boolean>
  /** What could not be done now is not proposed; of what draws secrets or keys that is found out when it is approved. */
  propose(proposal: Proposal): Promise<ProposalOutcome>
  /** Its maker takes it back. */
  withdraw(withdrawal: Withdrawal): Promise<Withdrawn>
  waiting(): Promise<readonly Waiting[]>
  /** By its digest: whatever became of it. */
  find(digest: string): Promise<Standing | undefined>
  /** The checker's word: verifies both signatures and does it. */
  approve(approval: Approval): Promise<({ readonly decided: true } & Carried) | ({ readonly decided: false } & Refusal)>
}

export function decisionsOf(
  { store, runtime, tenant }: { readonly store: Store; readonly runtime: Runtime; readonly tenant: InstitutionId },
  kinds: Readonly<Record<string, Kind>>,
): Decisions {
  const rolesOf = (kind: string) => (Object.hasOwn(kinds, kind) ? (kinds[kind]?.roles ?? []) : [])
  const isRequest = (kind: string, request: unknown) => kinds[kind]?.shape?.safeParse(request).success ?? true
  const at = () => now({ runtime })
  const factsNow = async (kind: string, request: unknown) => {
    const look = Object.hasOwn(kinds, kind) ? kinds[kind]?.facts : undefined
    return look && undone(store, tx => look(tx, request, at()))
  }
  /** Carried out as if it were approved, to see whether it can be. Facts are compared when it is. */
  const tryOut = async (
    tx: Tx,
    kept: { readonly outcome: 'proposed'; readonly digest: string },
    when: number,
  ): Promise<ProposalOutcome> => {
    const by = await Approved.tried(tx, tenant, kept.digest)
    const kind = by && kinds[by.kind]
    if (by === undefined || kind === undefined) return kept
    try {
      const carried =
        kind.prepare === undefined ? await kind.carryOut(tx, by, when, undefined) : await kind.looks?.(tx, by)
      if (carried === undefined || carried.done || carried.outcome === 'other-facts') return kept
      return { outcome: 'impossible', why: carried.outcome }
    } catch (error) {
      if (error instanceof z.ZodError) return { outcome: 'not-a-proposal' }
      throw error
    }
  }
  return {
    first: two => {
      const when = at()
      return store.execute(tx => addFirstPeople(tx, tenant, two, when))
    },
    people: () => store.read(tx => people(tx, tenant)),
    withFacts: async (kind, request) => {
      const facts = await factsNow(kind, request)
      return facts === undefined ? request : { ...request, facts }
    },
    isOvertaken: async ({ kind, request }) => {
      if (!Object.hasOwn(kinds, kind) || kinds[kind]?.facts === undefined) return false
      if (!isRequest(kind, request)) return true
      return !isSame(factsIn(request), await factsNow(kind, withoutFacts(request)))
    },
    propose: async proposal => {
      const when = at()
      const keep = (tx: Tx) => keepProposal(tx, tenant, proposal, rolesOf, when, isRequest)
      const tried = await undone(store, async (tx): Promise<ProposalOutcome> => {
        const isKnown = (await proposalOf(tx, tenant, digestOf(proposal.content))) !== undefined
        const kept = await keep(tx)
        return isKnown || kept.outcome !== 'proposed' ? kept : tryOut(tx, kept, when)
      })
      return tried.outcome === 'proposed' ? store.execute(keep) : tried
    },
    withdraw: withdrawal => {
      const when = at()
      return store.execute(tx => withdraw(tx, tenant, withdrawal, when))
    },
    find: digest => store.read(tx => proposalOf(tx, tenant, digest)),
    waiting: () => store.read(tx => waitingProposals(tx, tenant, at())),
    approve: async approval => {
      const when = at()
      const asked = await store.read(tx => Approved.verify(tx, tenant, approval, rolesOf, when))
      if (!(asked instanceof Approved)) return { decided: false, ...asked }
      const kind = kinds[asked.kind]
      if (kind === undefined) throw new Error(`nobody carries out ${asked.kind}`)
      const prepared = await kind.prepare?.(asked.request)
      const carried = await wholly(() =>
        store.execute(async tx => {
          // Once more, in the command that acts: another approval may have come in between.
          const approved = await Approved.verify(tx, tenant, approval, rolesOf, when)
          if (!(approved instanceof Approved)) return { decided: false as const, ...approved }
          const outcome = await kind.carryOut(tx, approved, when, prepared)
          if (!outcome.done) throw new NotDone(outcome)
          await approved.note(tx, tenant, when)
          return { decided: true as const, ...outcome }
        }),
      )
      if (carried.decided && carried.done) await kind.afterwards?.()
      return carried
    },
  }
}

/** What was found to be impossible halfway: the command is undone, as no approval would answer for what it has written. */
class NotDone {
  readonly carried: Carried
  constructor(carried: Carried) {
    this.carried = carried
  }
}

async function wholly<O>(decide: () => Promise<O>): Promise<O | ({ readonly decided: true } & Carried)> {
  try {
    return await decide()
  } catch (error) {
    if (error instanceof NotDone) return { decided: true, ...error.carried }
    throw error
  }
}

/** What a command would find, which is then undone. */
async function undone<O>(store: Store, look: (tx: Tx) => Promise<O>): Promise<O> {
  const seen = Symbol('seen')
  let found: { readonly outcome: O } | undefined
  try {
    await store.execute(async tx => {
      found = { outcome: await look(tx) }
      throw seen
    })
  } catch (error) {
    if (error !== seen || found === undefined) throw error
    return found.outcome
  }
  throw new Error('what was looked at was not undone')
}
