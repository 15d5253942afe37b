/** A payee's pages on a port of this machine, and headless Chromium to read them with. */
import { existsSync } from 'node:fs'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import type { OpenServer } from '../../src/web/server.ts'
import { openPayeeWeb } from '../../src/web/web.ts'
import { unhurried } from '../support/paper-browser.ts'
import { openWorld, type World } from '../support/world.ts'

/** 2026-11-22, 10:00 in Shanghai: pictures are the same tomorrow. */
const startsAt = 1_795_312_800_000

const stillMorning: Runtime = { ...systemRuntime, wallNow: () => startsAt + systemRuntime.monotonicMs() - openedMs }
const openedMs = systemRuntime.monotonicMs()

export interface Shown {
  readonly world: World
  readonly web: OpenServer
  close(): Promise<void>
}

export async function showPages(): Promise<Shown> {
  const world = await openWorld({ runtime: stillMorning })
  // All stories come from one address: its earlier slips must not slow the next.
  await world.reconfigureMerchant({ refusalDelay: { firstMs: 0, mostMs: 0 } })
  const web = await openPayeeWeb(unhurried, {
    ...world.lantern,
    runtime: world.runtime,
    catalogue: loadCatalogue('prompts'),
    formKey: await world.lantern.keyFor('forms'),
    troubled: error => process.stderr.write(`${String(error)}\n`),
  })
  return {
    world,
    web,
    close: async () => {
      await web.close()
      await world.close()
    },
  }
}

export async function openChromium(): Promise<Browser> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))
  if (executablePath === undefined) throw new Error('Chromium is not installed (apt-get install chromium)')
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  })
}

/** What axe-core finds serious or critical, one sentence each. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run(document)')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${page.url()}: ${id}: ${help}: ${nodes[0]?.html}`)
}
