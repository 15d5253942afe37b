/** Every proper name that a call of the demonstration may speak: each needs a clip in both languages. */
import type { SpokenName } from '../src/speech/speech.ts'
import { demoCustomers } from './customers.ts'
import { garden, harbour, lantern } from './institutions.ts'

export const demoNames: readonly SpokenName[] = [
  ...[harbour, garden, lantern].map(({ name }) => name),
  ...demoCustomers.map(({ name }) => name),
]
