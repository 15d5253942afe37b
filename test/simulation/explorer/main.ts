/** `npm run explore`: every conversation of both lines, or one of them again. */
import { parseArgs } from 'node:util'
import { bankCalls } from './bank-calls.ts'
import { merchantCalls } from './merchant-calls.ts'
import { readPath } from './path.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { exploreAll } from './shares.ts'

const usage = `Walks through every conversation of both lines on virtual time, and holds each against its specification.

  npm run explore                                  explores both lines, prints what was covered and found
  npm run explore -- --path 'bank/regular/…'       runs one path again, prints what was heard and keyed`

const { values } = parseArgs({ options: { path: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })

if (values.help) console.log(usage)
else if (values.path === undefined) {
  const explored = await exploreAll()
  const lines = report(explored)
  console.log(lines.text)
  process.exitCode = lines.isRight ? 0 : 1
} else {
  const path = readPath(values.path)
  const { story, findings } = path.line === 'bank' ? await run(bankCalls(), path) : await run(merchantCalls(), path)
  console.log([...story, '', ...(findings.length > 0 ? findings : ['nothing is wrong'])].join('\n'))
  process.exitCode = findings.length > 0 ? 1 : 0
}
