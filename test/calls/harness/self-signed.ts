/** A certificate that signs itself, as files and as what a server takes. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTools } from '../../../setup/tools.mjs'
import { root } from './asterisk.ts'

export interface SelfSigned {
  readonly file: string
  readonly key: Buffer
  readonly cert: string
}

/** @param alternative such as `DNS:exchange` or `IP:127.0.0.9` */
export function selfSigned(folder: string, name: string, alternative: string): SelfSigned {
  const { command, args, env } = readTools(root).openssl
  const [keyFile, file] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`]
  const options = { stdio: 'ignore', env: { ...process.env, ...env } } as const
  execFileSync(command, [...args, ...kind, ...names, '-keyout', keyFile, '-out', file], options)
  return { file, key: readFileSync(keyFile), cert: readFileSync(file, 'utf8') }
}
