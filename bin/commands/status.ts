/**
 * `tonebank status`: which institutions of the installation run, asked of their processes. With `--ready` its own status is 1 unless each
 * takes new calls, for whoever watches a container.
 */
import { fileOf, folderOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { askOwner, NoOwner } from '../../src/operations/owner/ask.ts'
import { type About, contract } from '../../src/operations/owner/contract.ts'
import type { Standing } from '../../src/operations/shown.ts'
import { standingIn } from '../../src/operations/standing.ts'
import { systemRuntime } from '../../src/runtime.ts'

export async function status({ ready, ...where }: Where & { readonly ready?: boolean }): Promise<void> {
  const installation = readInstallation(fileOf(where))
  for (const entry of installation.institutions) {
    const { text, isReady } = await stateOf(folderOf(installation, entry))
    process.stdout.write(`${entry.id}: ${text}\n`)
    if (ready && !isReady) process.exitCode = 1
  }
}

const said: Readonly<Record<Standing['state'], string>> = {
  serving: 'takes calls',
  draining: 'takes no new calls',
  'no-asterisk': 'without Asterisk',
  away: 'without an answer',
}

async function stateOf(folder: string): Promise<{ readonly text: string; readonly isReady: boolean }> {
  try {
    const asked = { kind: 'about', operation: contract.about, request: {} } as const
    const { kind, pid } = (await askOwner(folder, systemRuntime, asked)) as About
    const { ready, state, calls, away = [] } = await standingIn(folder, systemRuntime)
    const without = away.map(name => `, without Asterisk ${name}`).join('')
    const text = `a ${kind}, running as process ${pid}, ${said[state]}, ${calls} calls in progress${without}`
    return { text, isReady: ready }
  } catch (error) {
    if (error instanceof NoOwner) return { text: 'not running', isReady: false }
    throw error
  }
}
