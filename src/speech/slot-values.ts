/** What a script passes for a slot of each kind. */
import type { SpokenName } from '../languages.ts'
import type { Money } from '../money.ts'
import type { Secret } from '../secret.ts'
import type { SpokenWork } from './work.ts'

/** A calendar date, `2026-11-22`, as ISO 8601 writes it. */
export type IsoDate = string

/** A time of day, `15:05`, as ISO 8601 writes it. */
export type IsoTime = string

/** What a script passes for a slot of each kind; the header of `prompts/en.yaml` says how each is spoken. */
export interface SlotValues {
  amount: Money
  /** One to twelve amounts to choose from. */
  amounts: readonly Money[]
  digits: string | Secret
  groups: string | Secret
  number: number | bigint
  date: IsoDate
  longdate: IsoDate
  time: IsoTime
  name: SpokenName
  work: SpokenWork
}

export type SlotKind = keyof SlotValues
