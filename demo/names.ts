/** Every proper name that a call of the demonstration may speak: each needs a clip in both languages. */
import { namesOfHolder } from '../src/bank/customers.ts'
import type { SpokenName } from '../src/speech/speech.ts'
import { demoCustomers } from './customers.ts'
import { garden, harbour, lantern, neighbours, pine, talent } from './institutions.ts'

export const demoNames: readonly SpokenName[] = [
  ...[harbour, garden, lantern, talent, neighbours, pine].map(({ name }) => name),
  ...pine.securities.map(({ name }) => name),
  ...demoCustomers.flatMap(({ name }) => namesOfHolder(name)),
]
