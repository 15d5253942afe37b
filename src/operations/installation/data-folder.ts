/** The folder of an installation: made where it is missing, and refused in one sentence where it cannot serve. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../store/make-folder.ts'
import { CannotDo } from '../cannot-do.ts'
import { explain } from '../explain.ts'

/** What a start that was interrupted may have left, and what lies in a folder of the demonstration from before it had a file. */
const ours = /^(owner(\.\w+)?|institutions(\.unfinished)?|card\.txt|asterisk.*|\..*|lost\+found)$/

/** Another volume that was mounted there for Asterisk's folder, as compose.yaml does. */
const isOfAsterisk = (folder: string, name: string) => name === 'switch' && readdirSync(join(folder, name)).length === 0

/**
 * Makes the folder of `file` ready to be worked in. A folder with other things in it is not taken for a new installation's.
 * @throws CannotDo
 */
export function prepareFolder(file: string): void {
  const folder = dirname(file)
  try {
    makeFolder(folder)
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    if (existsSync(file)) return
    const other = readdirSync(folder).find(name => !ours.test(name) && !isOfAsterisk(folder, name))
    if (other !== undefined) {
      throw new CannotDo(
        `${folder} holds other things, such as ${other}, and no installation; name an empty folder with --data, or one that is not there yet`,
      )
    }
  } catch (error) {
    if (explain(error) === undefined || !(error instanceof Error)) throw error
    const [reason] = error.message.split(',')
    throw new CannotDo(`no installation can be kept in ${folder} (${reason}): choose another folder with --data`)
  }
}
