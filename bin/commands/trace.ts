/** `tonebank trace`: which call, page, command, night or letter made something, and what else it led to, at every institution of the installation. */
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { booksIn, fileOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { type FoundLetter, type FoundTrace, findTraces } from '../../src/operations/traces/find.ts'

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
      ({ type, from, told, ...place }) =>
        `  took ${type} from ${from} (${placeOf(place)})${told ? `, which knows its trace by ${told}` : ''}`,
    ),
    ...decided.map(({ kind, intent, outcome }) => `  decided ${kind}: ${outcome} (request ${intent})`),
    ...written.map(
      ({ type, to, told, ...place }) =>
        `  wrote ${type} to ${to} (${placeOf(place)})${told ? `, and told it of this trace as ${told}` : ''}`,
    ),
    ...lines.map(line => `  ${line}`),
    '',
  ].join('\n')
}

const placeOf = ({ epoch, sequence }: Pick<FoundLetter, 'epoch' | 'sequence'>) => `${epoch}/${sequence}`
