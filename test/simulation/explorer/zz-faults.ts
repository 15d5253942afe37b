import { rmSync } from 'node:fs'
import { faults, scriptsWith } from './faults.ts'
import { inProcesses } from './shares.ts'
const ours = faults.map((f, n) => ({ ...f, n })).filter(f => f.line === 'information')
const found = await inProcesses(ours.map(f => ({ line: f.line, scripts: scriptsWith(f, f.n), untilFirstFinding: true })))
for (const [i, f] of ours.entries()) console.log(found[i]?.findings.length ? 'found    ' : 'NOT FOUND', f.name, '|', found[i]?.findings[0]?.finding)
rmSync('.cache/faults', { recursive: true, force: true })
