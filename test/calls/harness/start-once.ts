/**
 * Before any of the calls the prompts are made and the demonstration is started once: what it renders (whoever has an account) and
 * compiles the networks find that start at once in a new checkout, which would each do it for themselves. The institutions
 * that it made are kept: making some hundreds of vouchers takes twenty seconds of a core, and each network begins with a copy.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import type {} from './institutions-made.ts'
import { startNetwork } from './network.ts'
import makePrompts from './prompts-once.ts'

/** Sockets, locks and logs are the first network's own. */
const isKept = (path: string) => !/(\/|\.)(owner(\.\w+)?|log\.ndjson|sock)$/.test(path)

export default async function setup(project: TestProject): Promise<() => void> {
  makePrompts()
  const network = await startNetwork()
  await network.stop()
  const made = mkdtempSync(join(tmpdir(), 'tonebank-made-'))
  cpSync(join(network.dataFolder, 'institutions'), made, { recursive: true, filter: isKept })
  network.remove()
  project.provide('institutionsMade', made)
  return () => rmSync(made, { recursive: true, force: true })
}
