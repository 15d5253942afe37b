/** Every proper name that a call of the demonstration may speak: each needs a clip in both languages. */
import type { SpokenName } from '../src/speech/speech.ts'
import { demoCustomers } from './customers.ts'
import { demoInstitutions } from './institutions.ts'

export const demoNames: readonly SpokenName[] = [
  ...demoInstitutions.map(({ settings }) => settings.name),
  ...demoCustomers.map(({ name }) => name),
]
