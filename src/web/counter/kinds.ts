/** What clerks propose at the counter: the same decisions that commands propose, each with what it asks for. */
import type { Role } from '../../keys/people.ts'

export type FieldName = 'account' | 'amount' | 'voucher' | 'card' | 'payee' | 'what' | 'address' | 'name-en' | 'name-zh'

export interface CounterKind {
  readonly kind: (typeof kindNames)[number]
  readonly fields: readonly FieldName[]
  readonly roles: readonly Role[]
}

const kindNames = [
  ...(['open-account', 'pay-in', 'pay-out', 'reset-pin', 'unblock', 'lift-block', 'clear-voucher'] as const),
  'set-address',
  ...(['enrol-card', 'block-card', 'unblock-card', 'revoke-card', 'void-file'] as const),
] as const

const both = ['teller', 'officer'] as const

const all: readonly CounterKind[] = [
  { kind: 'open-account', fields: ['name-en', 'name-zh'], roles: both },
  { kind: 'pay-in', fields: ['account', 'amount'], roles: both },
  { kind: 'pay-out', fields: ['payee', 'account', 'amount'], roles: ['officer'] },
  { kind: 'reset-pin', fields: ['account'], roles: both },
  { kind: 'unblock', fields: ['account'], roles: both },
  { kind: 'lift-block', fields: ['account', 'what'], roles: both },
  { kind: 'set-address', fields: ['account', 'address'], roles: both },
  { kind: 'clear-voucher', fields: ['voucher'], roles: both },
  { kind: 'block-card', fields: ['card'], roles: both },
  { kind: 'unblock-card', fields: ['card'], roles: both },
  { kind: 'revoke-card', fields: ['card'], roles: both },
  // A card is written where its reader is, by a command, which proposes it: here it is approved.
  { kind: 'enrol-card', fields: [], roles: both },
  // People find out at both ends first: a command proposes it, and what its checker signs is read here.
  { kind: 'void-file', fields: [], roles: ['officer'] },
]

/** By its name. Undefined: it is not decided here. */
export const counterKind = (name: string): CounterKind | undefined => all.find(({ kind }) => kind === name)

/** What somebody of this role may propose here; an address of mail where the bank writes any. */
export const proposable = (role: Role, isMailSent: boolean): readonly CounterKind[] =>
  all.filter(
    ({ kind, fields, roles }) => fields.length > 0 && roles.includes(role) && (kind !== 'set-address' || isMailSent),
  )
