/** Pages of a payee and of a bank on ports of this machine, and headless Chromium to read them with. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { AccountNumber } from '../../src/ids.ts'
import { CNY } from '../../src/money.ts'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import { freePort } from '../../src/switch/ports.ts'
import type { OpenServer, WebPlace } from '../../src/web/server.ts'
import { openBankWeb, openCounterWeb, openOfficeWeb, openPayeeWeb } from '../../src/web/web.ts'
import { Authenticator } from '../support/authenticator.ts'
import { settleAll } from '../support/day-end.ts'
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

export const phone = { viewport: { width: 375, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
export const desktop = { viewport: { width: 1120, height: 760 } }

/** In the few colours that a page has: a quarter of the bytes. */
export function writePicture(file: string, png: Buffer): void {
  const palette = 'split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none'
  const drawn = spawnSync('ffmpeg', ['-v', 'error', '-y', '-f', 'image2pipe', '-i', '-', '-vf', palette, file], {
    input: png,
  })
  if (drawn.status !== 0) throw new Error(`${drawn.stderr}`)
}

export interface ShownBank {
  readonly world: World
  readonly url: string
  stockUp(): Promise<void>
  /** A passkey that this machine cannot use. */
  enrolSomething(account: AccountNumber): Promise<void>
  /** Removes every passkey of the account, for the next story. */
  forget(account: AccountNumber): Promise<void>
  close(): Promise<void>
}

const unlimited = { burst: 1_000_000, perMinute: 1_000_000 }

export async function showBank(): Promise<ShownBank> {
  const world = await openWorld({ runtime: stillMorning, hosted: true })
  const port = await freePort(systemRuntime, 'tcp', '127.0.0.1')
  const url = `http://harbour.localhost:${port}`
  const place = { ...unhurried, port, names: ['harbour.localhost'], rates: { caller: unlimited, withheld: unlimited } }
  const { harbour, runtime } = world
  const web = await openBankWeb(place, {
    ...harbour,
    url,
    runtime,
    catalogue: loadCatalogue('prompts'),
    formKey: await harbour.keyFor('forms'),
    troubled: error => process.stderr.write(`${String(error)}\n`),
  })
  const { passkeys } = harbour
  const forget = async (account: AccountNumber) => {
    for (const { id } of await passkeys.list(account)) await passkeys.remove({ account, passkey: id })
  }
  return {
    world,
    url,
    stockUp: async () => {
      const { lantern } = world
      await harbour.teller.replenish()
      await harbour.mail.idle()
      await lantern.ordersFilled()
      await lantern.mail.idle()
    },
    enrolSomething: async account => {
      const { code } = await world.bank.passkeyCode(account)
      const tried = await passkeys.tryCode({ account, code })
      if (tried.outcome !== 'right') throw new Error(tried.outcome)
      const site = { id: 'harbour.localhost', origin: url }
      const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'
      const response = new Authenticator(`${runtime.monotonicMs()}`).create(challenge, site)
      await passkeys.enrol({ account, enrolment: tried.enrolment, name: 'elsewhere', challenge, site, response })
    },
    forget,
    close: async () => {
      await web.close()
      await world.close()
    },
  }
}

export interface ShownCounter {
  readonly world: World
  close(): Promise<void>
}

/** A bank's page for its clerks. */
export function showCounter(): Promise<ShownCounter> {
  return showToPeople(stillMorning, 'counter.harbour.localhost', async (place, { harbour }, shared) =>
    openCounterWeb(place, { ...harbour, ...shared, currency: CNY, formKey: await harbour.keyFor('counter forms') }),
  )
}

export interface ShownOffice extends ShownCounter {
  /** The day ends, and waits for people: the bank's result counts other breaks than the file does, if `isOdd`. */
  night(isOdd: boolean): Promise<void>
}

/** A payee's page for its people. */
export async function showOffice(): Promise<ShownOffice> {
  let aheadMs = 0
  let onceBuilt = () => {}
  const runtime: Runtime = {
    ...stillMorning,
    wallNow: () => stillMorning.wallNow() + aheadMs,
    reached: point => {
      if (point === 'day-end.built') onceBuilt()
    },
  }
  const shown = await showToPeople(runtime, 'office.lantern.localhost', async (place, { lantern }, shared) =>
    openOfficeWeb(place, { ...lantern, ...shared, formKey: await lantern.keyFor('office forms') }),
  )
  return {
    ...shown,
    night: async isOdd => {
      aheadMs += 86_400_000
      const { store } = shown.world.lantern
      const latest = '(SELECT max(number) FROM day_end_file)'
      onceBuilt = () => void store.execute(tx => tx.run(`UPDATE day_end_file SET breaks = 1 WHERE number = ${latest}`))
      if (!isOdd) onceBuilt = () => {}
      await shown.world.lantern.nightly()
      await settleAll(shown.world)
    },
  }
}

async function showToPeople(
  runtime: Runtime,
  name: string,
  open: (place: WebPlace, world: World, shared: ReturnType<typeof sharedBy>) => Promise<OpenServer>,
): Promise<ShownCounter> {
  const world = await openWorld({ runtime })
  const port = await freePort(systemRuntime, 'tcp', '127.0.0.1')
  const web = await open({ ...unhurried, port, names: [name] }, world, sharedBy(world, `http://${name}:${port}`))
  return {
    world,
    close: async () => {
      await web.close()
      await world.close()
    },
  }
}

const sharedBy = ({ runtime }: World, url: string) => ({
  ...{ url, runtime, catalogue: loadCatalogue('prompts') },
  troubled: (error: unknown) => void process.stderr.write(`${String(error)}\n`),
})

export interface VirtualDevice {
  /** Whether it recognises its holder. */
  verifies(does: boolean): Promise<void>
}

/** Chromium's own authenticator, by its debugging protocol. */
export async function withPasskeys(page: Page): Promise<VirtualDevice> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    verifies: async isUserVerified => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
  }
}
