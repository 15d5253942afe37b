/** `tonebank card`: what the last start printed. */
import { existsSync, readFileSync } from 'node:fs'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { installationAt } from '../../src/operations/places.ts'

export async function card({ data }: { data: string }): Promise<void> {
  const { card: file } = installationAt(data)
  if (!existsSync(file)) throw new CannotDo(`there is no installation in ${data} yet: npm start makes one`)
  process.stdout.write(readFileSync(file, 'utf8'))
}
