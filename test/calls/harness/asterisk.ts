/**
 * An Asterisk for one test: on ports of its own, in a folder of its own, with the product's own configuration.
 *
 *     const asterisk = await startAsterisk({ institutions: ['harbour'] })
 *     const { url, user, password } = asterisk.switch.ariFor('harbour')
 *     …
 *     await asterisk.stop()
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { demoLines as lines } from '../../../demo/institutions.ts'
import { extensionsConf } from '../../../dialplan/extensions.ts'
import { readTools } from '../../../setup/tools.mjs'
import { systemRuntime } from '../../../src/runtime.ts'
import type { SipAccount, Switch, SwitchOptions } from '../../../src/switch/contract.ts'
import { startSwitch } from '../../../src/switch/switch.ts'

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

export interface TestAsterisk {
  readonly switch: Switch
  /** Deleted by `stop`. Holds `switch/log/asterisk.log` and `switch/conf/`. */
  readonly dataFolder: string
  /** Rendered prompts lie here as `<language>/<clip>.alaw`, unless the test gave its own folder. */
  readonly soundsFolder: string
  /** What the switch told the operator. */
  readonly log: readonly string[]
  /** The account of a phone, by name. */
  account(user: string): SipAccount
  stop(): Promise<void>
}

/** Any option of the switch may be set; by default: the demo's lines, two institutions, four phones, no sounds. */
export async function startAsterisk(options: Partial<SwitchOptions> = {}): Promise<TestAsterisk> {
  const ownFolder = mkdtempSync(join(tmpdir(), 'tonebank-test-'))
  const dataFolder = options.dataFolder ?? ownFolder
  const soundsFolder = options.soundsFolder ?? join(ownFolder, 'sounds')
  mkdirSync(soundsFolder, { recursive: true })
  const log: string[] = []
  const remove = () => rmSync(ownFolder, { recursive: true, force: true })
  let running: Switch
  try {
    running = await startSwitch(
      {
        templatesFolder: join(root, 'asterisk-conf'),
        tools: readTools(root),
        dialplan: extensionsConf(lines),
        institutions: ['harbour', 'lantern'],
        phones: ['desk1', 'desk2', 'desk3', 'desk4'],
        log: line => log.push(line),
        ...options,
        dataFolder,
        soundsFolder,
      },
      systemRuntime,
    )
  } catch (error) {
    remove()
    throw error
  }
  return {
    switch: running,
    dataFolder,
    soundsFolder,
    log,
    account(user) {
      const account = running.accounts.find(each => each.user === user)
      if (!account) throw new Error(`no phone ${user}`)
      return account
    },
    async stop() {
      await running.stop()
      remove()
    },
  }
}
