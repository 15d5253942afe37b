/**
 * A checkpoint says how far books were proved, and what stood on their accounts there, under the signature of the
 * institution or of an outside auditor. An audit that goes on from it proves what was written since; that nobody changed
 * what lies before it is for the next full one to say, which is why full ones run nightly.
 */
import { verify } from 'node:crypto'
import { put } from './chain.ts'
import { type KnownKey, publicKey } from './heads-check.ts'

export interface ProvedChain {
  readonly chain: string
  readonly seq: bigint
  readonly hash: string
  /** Of what stands on every account of the chain: `docs/ledger.md` says how it is computed. */
  readonly root: string
}

export interface AuditCheckpoint {
  readonly institution: string
  readonly at: number
  readonly chains: readonly ProvedChain[]
}

export interface SignedCheckpoint extends AuditCheckpoint {
  readonly signature: { readonly keyId: string; readonly bytes: Uint8Array }
}

/** What is signed. */
export function checkpointBytes({ institution, at, chains }: AuditCheckpoint): Uint8Array {
  const fields = ['tonebank-checkpoint-1', institution, String(at), String(chains.length)]
  for (const { chain, seq, hash, root } of chains) fields.push(chain, String(seq), hash, root)
  return Buffer.from(fields.map(put).join(''))
}

/** Whether one of `keys` signed it: the institution's ledger keys, or an auditor's. */
export function isGenuine(checkpoint: SignedCheckpoint, keys: readonly KnownKey[]): boolean {
  const key = keys.find(({ keyId }) => keyId === checkpoint.signature.keyId)
  return key !== undefined && verify(null, checkpointBytes(checkpoint), publicKey(key), checkpoint.signature.bytes)
}

export function writeCheckpoint(checkpoint: SignedCheckpoint): string {
  const { institution, at, chains, signature } = checkpoint
  return `${JSON.stringify(
    {
      format: 'tonebank-checkpoint-1',
      institution,
      at,
      chains: chains.map(each => ({ ...each, seq: String(each.seq) })),
      signature: { keyId: signature.keyId, bytes: Buffer.from(signature.bytes).toString('base64') },
    },
    undefined,
    2,
  )}\n`
}

/** @throws SyntaxError when the text is no checkpoint. */
export function readCheckpoint(text: string): SignedCheckpoint {
  const read: unknown = JSON.parse(text)
  const member = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined
  const textOf = (of: unknown, name: string, form: RegExp): string => {
    const value = member(of, name)
    if (typeof value !== 'string' || !form.test(value)) throw new SyntaxError(`no checkpoint: its ${name}`)
    return value
  }
  textOf(read, 'format', /^tonebank-checkpoint-1$/)
  const at = member(read, 'at')
  const chains = member(read, 'chains')
  if (typeof at !== 'number' || !Array.isArray(chains)) throw new SyntaxError('no checkpoint: its time or chains')
  const signature = member(read, 'signature')
  return {
    institution: textOf(read, 'institution', /^.+$/),
    at,
    chains: chains.map(each => ({
      chain: textOf(each, 'chain', /^.+$/),
      seq: BigInt(textOf(each, 'seq', /^\d{1,19}$/)),
      hash: textOf(each, 'hash', /^[0-9a-f]{64}$/),
      root: textOf(each, 'root', /^[0-9a-f]{64}$/),
    })),
    signature: {
      keyId: textOf(signature, 'keyId', /^.+$/),
      bytes: Buffer.from(textOf(signature, 'bytes', /^[A-Za-z0-9+/=]+$/), 'base64'),
    },
  }
}
