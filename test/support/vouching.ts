/** Of a test that is not about who signs checkpoints: everybody's are believed. */
import type { Vouching } from '../../src/store/keeper/kept-checkpoints.ts'

export const believing: Vouching = {
  sign: async () => [{ signer: 'anybody', keyId: 'key', bytes: new Uint8Array([1]) }],
  doubt: async () => undefined,
}
