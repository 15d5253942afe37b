/** The page that an installation starts with: for this machine, and where its network is let in, for that, by HTTPS. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { browserModule } from '../setup/browser-module.mjs'
import { fromHex } from '../src/bytes.ts'
import { SoftCard } from '../src/card/soft/soft-card.ts'
import { CaptionRequests } from '../src/operations/caption-requests.ts'
import type { KnownCustomer } from '../src/operations/card.ts'
import { cardFile } from '../src/operations/card-file.ts'
import { places } from '../src/operations/places.ts'
import type { RunningInstallation } from '../src/operations/running.ts'
import { systemRuntime as runtime } from '../src/runtime.ts'
import { loadCatalogue } from '../src/speech/speech.ts'
import type { Switch } from '../src/switch/contract.ts'
import { listenNear } from '../src/switch/ports.ts'
import type { TelephoneScripts } from '../src/web/files.ts'
import {
  type CardHere,
  networkPlace,
  type OpenServer,
  openStartPage,
  startPlace,
  type Telephones,
} from '../src/web/web.ts'

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

interface Begun {
  /** Of the demonstration, and nobody of an installation of one's own. */
  readonly customers: readonly KnownCustomer[]
  readonly dataFolder: string
  readonly say: (line: string) => void
}

export async function openStartPages(
  network: RunningInstallation,
  { browsers, tls }: Pick<Switch, 'browsers' | 'tls'>,
  { customers, dataFolder, say }: Begun,
): Promise<StartPages> {
  const parts = {
    runtime,
    catalogue: loadCatalogue(places.phrases),
    troubled: (error: unknown) => say(String(error)),
    telephones: browsers && telephonesOf(browsers, network, say),
    telephoneScripts: await telephoneScripts(say),
    card: cardOf(customers, dataFolder),
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
        connect: (page, peer, mediaAddress, tell) => {
          const captions = new CaptionRequests(
            (number, key, over) => network.captions(number, key, tell, over),
            // A call goes on without them: such as through a restart of who serves it.
            error => say(`captions: ${String(error)}`),
          )
          page.onClose(() => captions.end())
          loan.connect(page, peer, mediaAddress, (number, key) => captions.begin(number, key))
        },
      }
    )
  },
})

/** Calls and pages do without it, where it cannot be compiled: such as beside packages of an older version. */
async function telephoneScripts(say: (line: string) => void): Promise<TelephoneScripts | undefined> {
  const compiled = (name: string) => browserModule(places.checkout, `src/web/telephone/${name}.ts`)
  try {
    return {
      'telephone.js': await compiled('main'),
      'card-phone.js': await compiled('card-phone'),
      'frames-worker.js': await compiled('frames-worker'),
    }
  } catch (error) {
    say(`the page to start with has no telephone, as it could not be compiled (npm ci): ${String(error).slice(0, 200)}`)
    return undefined
  }
}

/** The card that lies openly in the demonstration's folder, with what its bank's terminals carry beside it. */
function cardOf(customers: readonly KnownCustomer[], dataFolder: string): CardHere | undefined {
  const file = customers.find(({ card }) => card !== undefined)?.card?.file
  if (file === undefined) return undefined
  const path = join(dataFolder, file)
  return {
    // Anew each time: a terminal at the command line may have signed meanwhile.
    insert: () => SoftCard.insert(cardFile(path), length => runtime.random(length)),
    directory: () => ({
      message: readFileSync(join(dirname(path), 'directory.cose')),
      key: fromHex(readFileSync(join(dirname(path), 'directory-key.txt'), 'utf8').trim()),
    }),
  }
}
