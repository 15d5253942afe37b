/**
 * By which one machine of an institution knows the other: an Ed25519 key that lies with the record keys, is in no backup, and is
 * never brought to another machine. A machine that lost its record keys is another one.
 */
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '../../bytes.ts'
import type { Runtime } from '../../runtime.ts'
import { replaceFile } from '../../store/replace-file.ts'
import { privateKeyOf, publicBytesOf } from '../raw-keys.ts'

export interface MachineKey {
  readonly privateKey: KeyObject
  /** As an installation's file has it: 64 hexadecimal digits. */
  readonly pin: string
}

/** Made where there is none. `folder`: of the record keys. @throws Error when it is damaged */
export function machineKey(runtime: Runtime, folder: string): MachineKey {
  const file = join(folder, 'machine.key')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) replaceFile(file, `${toHex(runtime.random(32))}\n`)
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${file} is no key: move it away, and another one is made`)
  const privateKey = privateKeyOf('Ed25519', fromHex(text))
  return { privateKey, pin: toHex(publicBytesOf(privateKey)) }
}
