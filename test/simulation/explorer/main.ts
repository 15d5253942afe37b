/**
 * `npm run explore`: explores both lines and prints what was covered and found.
 * `npm run explore -- --path 'bank/regular/…'`: runs one path again and prints what was heard and keyed.
 */
import { parseArgs } from 'node:util'
import { bankCalls } from './bank-calls.ts'
import { merchantCalls } from './merchant-calls.ts'
import { readPath } from './path.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { exploreAll } from './shares.ts'

const { values } = parseArgs({ options: { path: { type: 'string' } } })

if (values.path === undefined) {
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
