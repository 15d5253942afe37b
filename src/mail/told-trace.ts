/**
 * What a letter says of the trace in which it was written: an id of its own, which its sender finds again and nobody else can match with
 * that of another letter. With the trace itself two payees that one call led to would know that they serve the same caller.
 */
import { hash } from 'node:crypto'
import { fromHex } from '../bytes.ts'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import type { Tx } from '../store/store.ts'
import { type TraceId, traceBytes, traceIdIn } from '../trace.ts'
import type { Place } from './streams.ts'

/** Which letter: a place is taken once in what one institution writes to another. */
export interface LetterPlace extends Place {
  readonly from: InstitutionId
  readonly to: InstitutionId
}

/** A trace has 128 bits of chance, so that nobody finds it from what is told of it (docs/mail.md, "Contents"). */
export function toldTrace(trace: TraceId, { from, to, epoch, sequence }: LetterPlace): TraceId | undefined {
  const told = ['tonebank: a trace as a letter tells it', fromHex(trace), from, to, epoch, sequence]
  return traceIdIn(hash('sha256', encodeCanonical(told), 'buffer').subarray(0, 16))
}

/** What the letter has of it: no such member outside of any trace. */
export function traceTold({ trace }: Pick<Tx, 'trace'>, letter: LetterPlace): { readonly trace?: Uint8Array } {
  const told = traceBytes(trace && toldTrace(trace, letter))
  return told === null ? {} : { trace: told }
}
