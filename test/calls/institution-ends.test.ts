/** An institution's process that cannot serve ends, so that it is started again: also where a sentence says why, and its entrance of letters listens. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { demoText } from '../../demo/institutions.ts'
import { type Brief, entryBrief } from '../../src/operations/brief.ts'
import { institutionOf, parseInstallation } from '../../src/operations/installation/file.ts'
import { places } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { currentGeneration } from '../../src/speech/manifest.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { freePort } from '../../src/switch/ports.ts'

test('where its books are in use', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-institution-ends-'))
  const lock = lockFolder(folder)
  const brief: Brief = {
    ...{
      entry: entryBrief(institutionOf(parseInstallation('tonebank.yaml', demoText), 'lantern')),
      folder,
      prompts: currentGeneration(places.promptsCache) ?? '',
      asterisks: [],
    },
    operations: { port: 0, drainMs: 1_000 },
    clearing: { port: await freePort(systemRuntime, 'tcp', '127.0.0.1'), peers: {} },
  }
  const child = fork(join(places.checkout, 'bin/tonebank.mjs'), ['institution', 'lantern'], { silent: true })
  try {
    let said = ''
    child.stderr?.on('data', text => (said += text))
    child.send(brief)
    expect(await once(child, 'exit')).toEqual([1, null])
    expect(said).toContain('belongs to a running process')
  } finally {
    child.kill('SIGKILL')
    lock.release()
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
