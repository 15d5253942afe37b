/** A directory of one institution, signed by a key of its own. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { unhex, utf8 } from '../../support/second-terminal/bytes.ts'
import { Directory, type Payee, type Place } from '../../support/second-terminal/directory.ts'

export interface Asking {
  readonly number: number
  readonly id: string
  readonly collectsAt?: Place
}

export function directoryOf({ number, id, collectsAt }: Asking, payees: readonly Payee[]): Directory {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const canonical = (value: unknown) => encode(value, rfc8949EncodeOptions)
  const asking = { number, id, name: id, answerKey: new Uint8Array(32), answerKeyId: 0 }
  const institution = collectsAt
    ? { ...asking, collectsAt: { bank: collectsAt.bank, account: collectsAt.account } }
    : asking
  const payload = canonical({ version: 1, madeAt: 1_795_312_800, institutions: [institution], payees })
  const head = unhex('a10127')
  const signature = sign(null, canonical(['Signature1', head, utf8('tonebank directory'), payload]), privateKey)
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return new Directory(new Uint8Array(key), canonical([head, new Map(), payload, new Uint8Array(signature)]))
}
