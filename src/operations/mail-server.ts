/** The mail server that a bank's entry names, with what its files say. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { MailServer } from '../confirmations/smtp.ts'
import { Secret } from '../secret.ts'
import { orExplain } from './explain.ts'
import type { InstitutionEntry } from './installation/schema.ts'
import { ownersAlone } from './owners-alone.ts'

const usualPorts = { starttls: 587, none: 587, implicit: 465 }

/** @throws CannotDo when a file of it cannot be read, or others may read the password */
export function mailServerOf(entry: InstitutionEntry, dataFolder: string): MailServer | undefined {
  if (entry.kind !== 'bank' || entry.confirmations === undefined) return undefined
  const { host, port, tls, ca, user, passwordFile } = entry.confirmations.smtp
  const what = 'what the mail server needs cannot be read'
  const read = (file: string) => orExplain(what, () => readFileSync(file, 'utf8'))
  return {
    ...{ host, port: port ?? usualPorts[tls], tls },
    ...(ca !== undefined && { ca: read(resolve(dataFolder, ca)) }),
    ...(user !== undefined &&
      passwordFile !== undefined && {
        account: { user, password: new Secret(read(ownersAlone(resolve(dataFolder, passwordFile), what)).trimEnd()) },
      }),
  }
}
