/** What a caller of a story has: its clock, the institutions' lives, and what callers were told. */
import type { Runtime } from '../../../src/runtime.ts'
import type { Lives } from './lives.ts'
import type { Told } from './told.ts'

export interface Line {
  readonly runtime: Runtime
  readonly lives: Lives
  readonly told: Told
}
