/** ARI's `asterisk`: the global variables that the dialplan reads. */
import type { AriClient } from './ari-client.ts'

export async function setGlobal(ari: AriClient, variable: string, value: string): Promise<void> {
  await ari.request('asterisk', 'setGlobalVar', { variable, value })
}
