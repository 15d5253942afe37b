/** Who runs PostgreSQL, which refuses root: for root the user that Debian's package makes, otherwise who asks. */
import { chownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface ServiceUser {
  readonly uid: number
  readonly gid: number
}

/** Undefined: whoever runs this process. @throws Error when root has no such user */
export function serviceUser(): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  if (uid === undefined || gid === undefined) throw new Error('this machine has no user postgres')
  return { uid: Number(uid), gid: Number(gid) }
}

/** A folder with all that is in it. */
export function giveFolder(folder: string, { uid, gid }: ServiceUser): void {
  chownSync(folder, uid, gid)
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) giveFolder(path, { uid, gid })
    else chownSync(path, uid, gid)
  }
}
