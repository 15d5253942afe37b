/** `tonebank status`: which institutions of the installation run, asked of their processes. */
import { fileOf, folderOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { askOwner, NoOwner } from '../../src/operations/owner/ask.ts'
import { type About, contract } from '../../src/operations/owner/contract.ts'
import type { Standing } from '../../src/operations/shown.ts'
import { standingIn } from '../../src/operations/standing.ts'
import { systemRuntime } from '../../src/runtime.ts'

export async function status(where: Where): Promise<void> {
  const installation = readInstallation(fileOf(where))
  for (const entry of installation.institutions) {
    process.stdout.write(`${entry.id}: ${await stateOf(folderOf(installation, entry))}\n`)
  }
}

const said: Readonly<Record<Standing['state'], string>> = {
  serving: 'takes calls',
  draining: 'takes no new calls',
  'no-asterisk': 'without Asterisk',
  away: 'without an answer',
}

async function stateOf(folder: string): Promise<string> {
  try {
    const asked = { kind: 'about', operation: contract.about, request: {} } as const
    const { kind, pid } = (await askOwner(folder, systemRuntime, asked)) as About
    const { state, calls, away = [] } = await standingIn(folder, systemRuntime)
    const without = away.map(name => `, without Asterisk ${name}`).join('')
    return `a ${kind}, running as process ${pid}, ${said[state]}, ${calls} calls in progress${without}`
  } catch (error) {
    if (error instanceof NoOwner) return 'not running'
    throw error
  }
}
