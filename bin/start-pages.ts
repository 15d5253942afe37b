/** The page that an installation starts with: for this machine, and where its network is let in, for that, by HTTPS. */
import { hostname } from 'node:os'
import { browserModule } from '../setup/browser-module.mjs'
import { places } from '../src/operations/places.ts'
import type { RunningInstallation } from '../src/operations/running.ts'
import { systemRuntime as runtime } from '../src/runtime.ts'
import { loadCatalogue } from '../src/speech/speech.ts'
import { listenNear } from '../src/switch/ports.ts'
import type { Switch } from '../src/switch/switch.ts'
import { networkPlace, type OpenServer, openStartPage, startPlace, type Telephones } from '../src/web/web.ts'

/** Easy to remember where nobody else has them. */
const usualPort = 8400
const usualNetworkPort = 8443

export interface StartPages {
  /** For whoever sits here. */
  readonly url: string
  /** For the machines of the network, when they are let in. */
  readonly networkUrl: string | undefined
  close(): Promise<void>
}

export async function openStartPages(
  network: RunningInstallation,
  { browsers, tls }: Pick<Switch, 'browsers' | 'tls'>,
  say: (line: string) => void,
): Promise<StartPages> {
  const parts = {
    runtime,
    catalogue: loadCatalogue(places.phrases),
    troubled: (error: unknown) => say(String(error)),
    telephones: browsers && telephonesOf(browsers, network, say),
    telephoneScript: await telephoneScript(say),
  }
  const overview = () => network.overview()
  const open: OpenServer[] = []
  const close = async () => {
    for (const page of open) await page.close()
  }
  try {
    open.push(await listenNear(runtime, { port: usualPort }, port => openStartPage(startPlace(port), overview, parts)))
    if (tls) {
      const { host, files } = tls
      const placeAt = (port: number) => networkPlace(host, port, hostname(), files)
      const first = { host, port: usualNetworkPort }
      open.push(await listenNear(runtime, first, port => openStartPage(placeAt(port), overview, parts)))
    }
    return { url: open[0]?.url ?? '', networkUrl: open[1]?.url, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the switch lends, with what the institutions say in its calls. */
const telephonesOf = (
  browsers: NonNullable<Switch['browsers']>,
  network: RunningInstallation,
  say: (line: string) => void,
): Telephones => ({
  lend: address => {
    const loan = browsers.lend(address)
    return (
      loan && {
        ...loan,
        connect: (page, peer, mediaAddress, tell) =>
          loan.connect(page, peer, mediaAddress, (number, key) => {
            // A call goes on without them: such as through a restart of who serves it.
            network.captions(number, key, tell).catch(error => say(`captions: ${String(error)}`))
          }),
      }
    )
  },
})

/** Calls and pages do without it, where it cannot be compiled: such as beside packages of an older version. */
async function telephoneScript(say: (line: string) => void): Promise<Buffer | undefined> {
  try {
    return await browserModule(places.checkout, 'src/web/telephone/main.ts')
  } catch (error) {
    say(`the page to start with has no telephone, as it could not be compiled (npm ci): ${String(error).slice(0, 200)}`)
    return undefined
  }
}
