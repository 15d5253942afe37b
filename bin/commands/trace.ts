/** `tonebank trace`: which call, page, command, night or letter made something, and what else it led to, at every institution of the installation. */
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { booksIn, fileOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { type FoundTrace, findTraces } from '../../src/operations/traces/find.ts'

export async function trace(id: string, where: Where): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new CannotDo('an id has 32 hexadecimal digits, as a log shows it')
  const found = await findTraces(booksIn(readInstallation(fileOf(where))), id)
  if (found.length === 0) throw new CannotDo(`no log and no books here know ${id}`)
  process.stdout.write(found.map(written).join('\n'))
}

function written({ institution, trace, lines, decided, written, taken }: FoundTrace): string {
  return [
    `${institution}, trace ${trace}`,
    ...taken.map(
      ({ type, from, place, causedBy }) =>
        `  took ${type} from ${from} (${place})${causedBy ? `, which it says it wrote in ${causedBy}` : ''}`,
    ),
    ...decided.map(({ kind, intent, outcome }) => `  decided ${kind}: ${outcome} (request ${intent})`),
    ...written.map(({ type, to, place }) => `  wrote ${type} to ${to} (${place})`),
    ...lines.map(line => `  ${line}`),
    '',
  ].join('\n')
}
