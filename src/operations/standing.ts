/** How an institution stands, asked of the process that owns its folder. */
import type { Runtime } from '../runtime.ts'
import { askOwner } from './owner/ask.ts'
import { contract } from './owner/contract.ts'
import type { Standing } from './shown.ts'

/** Who does not answer is away, whatever the reason. */
export async function standingIn(folder: string, runtime: Runtime): Promise<Standing> {
  try {
    const asked = { kind: 'standing', operation: contract.standing, request: {} }
    return (await askOwner(folder, runtime, asked)) as Standing
  } catch {
    return { ready: false, state: 'away', calls: 0 }
  }
}
