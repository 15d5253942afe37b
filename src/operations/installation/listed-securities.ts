/** What a new securities firm lists, from a file of its own: a list as an installation's file has it under `securities`. */
import { existsSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { securitiesConfig } from '../../securities/config.ts'
import { CannotDo } from '../cannot-do.ts'

const listed = securitiesConfig.shape.securities

/** As the file says it. @throws CannotDo with the first thing that is wrong in it */
export function readListed(file: string): unknown {
  if (!existsSync(file)) throw new CannotDo(`there is no ${file}, which is to say what the firm lists`)
  const document = parseDocument(readFileSync(file, 'utf8'))
  const [fault] = document.errors
  if (fault) throw new CannotDo(`${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message.split('\n')[0]}`)
  const said: unknown = document.toJS()
  const [issue] = listed.safeParse(said).error?.issues ?? []
  if (issue === undefined) return said
  const field = issue.path.map(String).join('.')
  throw new CannotDo(`${file}: ${field === '' ? 'the list' : field}: ${issue.message}`)
}
