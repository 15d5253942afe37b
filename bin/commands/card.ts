/** `tonebank card`: what the last start printed. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { fileOf, type Where } from '../../src/operations/installation/file.ts'
import { cardIn } from '../../src/operations/places.ts'

export async function card(where: Where): Promise<void> {
  const folder = dirname(fileOf(where))
  const file = cardIn(folder)
  if (!existsSync(file)) throw new CannotDo(`nothing was started in ${folder} yet: npm start makes the demonstration`)
  process.stdout.write(readFileSync(file, 'utf8'))
}
