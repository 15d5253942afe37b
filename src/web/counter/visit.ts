/** A request to the counter's page. */
import type { Bank } from '../../bank/bank.ts'
import type { CardDesk } from '../../bank/cards/desk.ts'
import type { Teller } from '../../bank/teller.ts'
import type { InstitutionId } from '../../ids.ts'
import type { Asset } from '../../money.ts'
import type { PageOf } from '../page.ts'
import { PersonAtWork } from '../people/at-work.ts'
import type { DecidingVisit } from '../people/proposals.ts'
import { forPeople } from '../people/signed-in.ts'

export class Clerk extends PersonAtWork {}

export interface CounterVisit extends DecidingVisit<Clerk> {
  readonly bank: Bank
  readonly teller: Pick<Teller, 'drawAccountNumber' | 'closings' | 'mailAddress' | 'isMailSent'>
  readonly cards: Pick<CardDesk, 'list'>
  readonly tenant: InstitutionId
  readonly currency: Asset
}

export type CounterPage = PageOf<CounterVisit>

/** A page for clerks who are signed in. */
export const atCounter = forPeople<Clerk, CounterVisit>
