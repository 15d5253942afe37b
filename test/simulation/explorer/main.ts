/** `npm run explore`: every conversation of all lines, or one of them again. */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Processes } from '../../support/processes.ts'
import { findFaults, record } from './find-faults.ts'
import { type LineName, lineNames } from './line-name.ts'
import { onLine } from './lines.ts'
import { readPath } from './path.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { exploreAll, explorers } from './shares.ts'

const usage = `Walks through every conversation of all lines on virtual time, and holds each against its specification.

  npm run explore                                  explores all lines, prints what was covered and found
  npm run explore -- --line bank                   explores one line (${lineNames.join(', ')})
  npm run explore -- --faults                      puts faults into copies, and records the paths on which they are found
  npm run explore -- --path 'bank/regular/…'       runs one path again, prints what was heard and keyed`

const { values } = parseArgs({
  options: {
    path: { type: 'string' },
    line: { type: 'string' },
    faults: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(usage)
else if (values.path === undefined) {
  const { line } = values
  const only = lineNames.find(name => name === line)
  if (line !== undefined && only === undefined) throw new Error(`no line is called ${line}: ${lineNames.join(', ')}`)
  if (only && values.faults) throw new Error('faults are sought in all lines at once')
  const processes = explorers()
  const explored = await exploreAll(processes, 'by night', only && [only])
  const lines = report(explored, only && join('ivr', only))
  console.log(lines.text)
  process.exitCode = lines.isRight ? 0 : 1
  if (values.faults)
    await seekFaults(
      processes,
      Object.values(explored).flatMap(({ paths }) => paths),
    )
  processes.end()
} else {
  const path = readPath(values.path)
  const { story, findings } = await onLine(path.line as LineName, line => run(line, path))
  console.log([...story, '', ...(findings.length > 0 ? findings : ['nothing is wrong'])].join('\n'))
  process.exitCode = findings.length > 0 ? 1 : 0
}

async function seekFaults(processes: Processes, walked: readonly string[]): Promise<void> {
  const search = await findFaults(processes, new Set(walked))
  record(search)
  const missed = Object.entries(search.foundOn).flatMap(([fault, path]) => (path === undefined ? [fault] : []))
  console.log([`${Object.keys(search.foundOn).length} faults`, ...missed.map(fault => `NOT FOUND ${fault}`)].join('\n'))
  if (missed.length > 0 || search.foundWithoutFault.length > 0) process.exitCode = 1
}
