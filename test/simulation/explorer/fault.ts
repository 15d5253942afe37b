import type { Edit } from '../../support/edit-once.ts'
import type { LineName } from './line-name.ts'

/** A fault that a script could have. The explorer finds it by its general rules: it knows none of them. */
export interface Fault extends Edit {
  readonly line: LineName
  /** Below `ivr/`. */
  readonly file: string
}
