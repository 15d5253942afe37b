/**
 * How many redemptions a payee takes in a second by its API, each durable before it is answered: a shop's program captures parts
 * of what vouchers were authorised for. Number and password were verified once, at the authorisation, as in any session.
 */
import { drawIntentId } from '../../../src/ids.ts'
import { money } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { openPayeeWeb, type WebPlace } from '../../../src/web/web.ts'
import type { Figure } from '../../report.ts'
import type { OpenShop } from '../open-shop.ts'
import { median } from '../turns.ts'
import { groupedFastify } from './grouped-fastify.ts'
import { type LoadDone, startLoad } from './load.ts'

const perRound = 2_000
/** Until the engine has compiled what a payee that has been up for a minute has compiled. */
const warmUp = 15_000
const mostBusy = 0.8
const unlimited = { burst: 1_000_000_000, perMinute: 1_000_000_000 }
const place: WebPlace = {
  ...{ host: '127.0.0.1', port: 0, names: ['localhost'], proxies: [], isHttps: false },
  rates: { caller: unlimited, withheld: unlimited },
}

export async function httpRedemptionFigure(shop: OpenShop, rounds: number): Promise<Figure> {
  const paths = await authorisedPaths(shop)
  const web = await openPayeeWeb(place, {
    ...shop,
    ...{ runtime: systemRuntime, catalogue: loadCatalogue('prompts'), formKey: await shop.keyFor('forms') },
    troubled: error => process.stderr.write(`${String(error)}\n`),
  })
  const load = startLoad()
  const port = Number(new URL(web.url).port)
  const headers = { host: 'localhost', authorization: `Bearer ${shop.presented.reveal()}` }
  let first = 1
  const capture = (at: number, count: number) => {
    const order = { port: at, paths, headers, body: '{"amount":1}', count, first }
    first += count
    return load.run(order)
  }
  try {
    await capture(port, warmUp)
    const runs: { ours: LoadDone; reference: LoadDone; groups: readonly [ours: number, reference: number] }[] = []
    for (let round = 0; round < rounds; round++) {
      const before = await shop.store.snapshot()
      const { recorded, stop } = shop.record()
      // Not timed. As many more are recorded as the reference needs to warm up.
      await capture(port, 2 * perRound)
      stop()
      shop.emptyLog()
      const commits = shop.commits()
      const ours = await capture(port, perRound)
      const group = Math.round(perRound / (shop.commits() - commits))
      const reference = await groupedFastify(before, recorded)
      await capture(reference.port, perRound)
      const theirs = await capture(reference.port, perRound)
      runs.push({ ours, reference: theirs, groups: [group, reference.group()] })
      await reference.close()
    }
    const ours = median(runs.map(run => run.ours.perSecond))
    const reference = median(runs.map(run => run.reference.perSecond))
    const busy = Math.max(...runs.flatMap(run => [run.ours.busy, run.reference.busy]))
    const ratio = ours / reference
    const groupOf = (side: 0 | 1) => median(runs.map(({ groups }) => groups[side]))
    const limited = busy > mostBusy ? '; limited by generator' : ''
    return {
      ...{ name: 'httpRedemptionsRatio', ours: ratio, reference: 1, ratio },
      goal: '≥ 0.6 of fastify with one grouped commit',
      met: ratio >= 0.6 && busy <= mostBusy,
      note: `${ours.toFixed(0)} a second against ${reference.toFixed(0)}: captures of authorised vouchers, ${paths.length} connections, medians of ${rounds} rounds; the reference replays the same statements; ${groupOf(0)} requests to a commit of ours, ${groupOf(1)} to one of the reference; the callers' process took at most ${busy.toFixed(2)} of a core${limited}`,
    }
  } finally {
    load.stop()
    await web.close()
  }
}

/** Where parts of what each voucher was authorised for are captured. */
async function authorisedPaths({ sessions, till, key, password }: OpenShop): Promise<string[]> {
  const paths: string[] = []
  for (const { voucher: number } of sessions) {
    const authorised = await till.authorise({
      ...{ key, intent: drawIntentId(systemRuntime), number, password },
      ...{ amount: money(10n ** 9n), holdMs: 86_400_000 },
    })
    if (authorised.outcome !== 'authorised') throw new Error(`an authorisation ended ${authorised.outcome}`)
    paths.push(`/api/v1/authorisations/${authorised.id}/captures`)
  }
  return paths
}
