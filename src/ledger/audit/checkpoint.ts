/**
 * A checkpoint says how far books were proved, and what stood on their accounts there, under the signature of the
 * institution or of an outside auditor. An audit that goes on from it proves what was written since; that nobody changed
 * what lies before it is for the next full one to say, which is why full ones run nightly.
 */
import { verify } from 'node:crypto'
import { toHex } from '../../bytes.ts'
import type { LogHead } from '../../store/change-log/head.ts'
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
  /** The record of the change log up to which every table was proved. Checkpoints of 0.1.0 have none: then all are rebuilt. */
  readonly log?: LogHead | undefined
}

export interface SignedCheckpoint extends AuditCheckpoint {
  readonly signature: { readonly keyId: string; readonly bytes: Uint8Array }
}

/** What is signed. */
export function checkpointBytes({ institution, at, chains, log }: AuditCheckpoint): Uint8Array {
  const fields = [formatOf(log), institution, String(at), String(chains.length)]
  for (const { chain, seq, hash, root } of chains) fields.push(chain, String(seq), hash, root)
  if (log !== undefined) fields.push(String(log.sequence), toHex(log.hash))
  return Buffer.from(fields.map(put).join(''))
}

function formatOf(log: LogHead | undefined): string {
  return log === undefined ? 'tonebank-checkpoint-1' : 'tonebank-checkpoint-2'
}

/** Whether one of `keys` signed it: the institution's ledger keys, or an auditor's. */
export function isGenuine(checkpoint: SignedCheckpoint, keys: readonly KnownKey[]): boolean {
  const key = keys.find(({ keyId }) => keyId === checkpoint.signature.keyId)
  return key !== undefined && verify(null, checkpointBytes(checkpoint), publicKey(key), checkpoint.signature.bytes)
}

export function writeCheckpoint(checkpoint: SignedCheckpoint): string {
  const { institution, at, chains, log, signature } = checkpoint
  return `${JSON.stringify(
    {
      format: formatOf(log),
      institution,
      at,
      chains: chains.map(each => ({ ...each, seq: String(each.seq) })),
      ...(log && { log: { sequence: String(log.sequence), hash: toHex(log.hash) } }),
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
  const format = textOf(read, 'format', /^tonebank-checkpoint-[12]$/)
  const at = member(read, 'at')
  const chains = member(read, 'chains')
  if (typeof at !== 'number' || !Array.isArray(chains)) throw new SyntaxError('no checkpoint: its time or chains')
  const signature = member(read, 'signature')
  const log = member(read, 'log')
  return {
    institution: textOf(read, 'institution', /^.+$/),
    at,
    chains: chains.map(each => ({
      chain: textOf(each, 'chain', /^.+$/),
      seq: BigInt(textOf(each, 'seq', /^\d{1,19}$/)),
      hash: textOf(each, 'hash', /^[0-9a-f]{64}$/),
      root: textOf(each, 'root', /^[0-9a-f]{64}$/),
    })),
    ...(format === formatOf(undefined)
      ? {}
      : {
          log: {
            sequence: BigInt(textOf(log, 'sequence', /^\d{1,19}$/)),
            hash: Buffer.from(textOf(log, 'hash', /^[0-9a-f]{64}$/), 'hex'),
          },
        }),
    signature: {
      keyId: textOf(signature, 'keyId', /^.+$/),
      bytes: Buffer.from(textOf(signature, 'bytes', /^[A-Za-z0-9+/=]+$/), 'base64'),
    },
  }
}
