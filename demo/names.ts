/** Every proper name that a call of the demonstration may speak: each needs a clip in both languages. */
import type { SpokenName } from '../src/speech/speech.ts'
import { demoCustomers } from './customers.ts'
import { harbour, lantern } from './institutions.ts'

export const demoNames: readonly SpokenName[] = [harbour.name, lantern.name, ...demoCustomers.map(({ name }) => name)]
