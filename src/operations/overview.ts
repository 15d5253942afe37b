/**
 * What an operator is shown of one institution, gathered in its process: calls in progress, where callers give up, and the state of its
 * books. It is asked every second while somebody looks, so what costs the books something is read less often.
 */
import type { OpenAlarm } from '../institution/alarm-book.ts'
import { unevenBalances } from '../ledger/trial-balance.ts'
import type { Runtime } from '../runtime.ts'
import { lastAudit } from './audit-note.ts'
import type { CallBook, SoundQuality } from './call-book.ts'
import type { Health } from './health.ts'
import type { OpenInstitution } from './open-institution.ts'
import type { DayEndNow, InstitutionOverview, Standing } from './shown.ts'

export interface OverviewParts {
  readonly runtime: Runtime
  readonly folder: string
  readonly open: Pick<OpenInstitution, 'store' | 'stock' | 'handlers' | 'records' | 'callBacks' | 'confirmations'>
  readonly standing: () => Standing
  readonly health: () => Promise<Health>
  readonly calls: CallBook
  readonly soundQualities: () => Promise<ReadonlyMap<string, SoundQuality>>
}

const often = 3_000
const seldom = 60_000
/** The oldest, which wait longest: nobody reads more at once. A peer with a hundred of one kind hides no other. */
const mostAlarms = 50
const mostOfKind = 5

/** Asks afresh only when the last answer is older than `ms`. */
function kept<T>(runtime: Runtime, ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined
  return () => {
    const nowMs = runtime.monotonicMs()
    if (last === undefined || nowMs - last.atMs > ms) {
      last = { atMs: nowMs, answer: ask() }
      last.answer.catch(() => {
        last = undefined
      })
    }
    return last.answer
  }
}

/** A number of an account, a voucher or a card is something that callers key: it is told by `tonebank alarms list`, and not on a page. */
const masked = (alarm: OpenAlarm): OpenAlarm => ({ ...alarm, detail: alarm.detail.replace(/\b\d{8,}\b/g, '•••') })

function fewOfEachKind(): (alarm: OpenAlarm) => boolean {
  const seen = new Map<string, number>()
  return ({ kind, peer }) => {
    const key = `${kind} ${peer}`
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    return before < mostOfKind
  }
}

const noAsker = { tell: () => {}, listen: () => {} }

export function overviewOf(parts: OverviewParts): () => Promise<InstitutionOverview> {
  const { runtime, folder, open, standing, health, calls, soundQualities } = parts
  const { store, stock, handlers, records, callBacks, confirmations } = open
  const books = kept(runtime, often, async () => ({
    stock: (await stock?.()) ?? [],
    alarms: ((await handlers['alarms.list']?.({}, noAsker)) ?? [])
      .filter(fewOfEachKind())
      .slice(0, mostAlarms)
      .map(masked),
    dayEnds: latestDayEnds((await handlers['settle.list']?.({}, noAsker)) ?? []),
    callBacks: await callBacks?.waiting(),
    confirmations: await confirmations?.waiting(),
    audit: lastAudit(folder),
    callRecords: { keepDays: records.keepDays, oldest: await records.oldest() },
  }))
  // Each look is a write that is waited for.
  const disk = kept(runtime, often, health)
  const uneven = kept(runtime, seldom, () => store.read(unevenBalances))
  const qualities = kept(runtime, often, soundQualities)
  return async () => ({
    standing: standing(),
    isWritable: (await disk()).healthy,
    calls: calls.inProgress(await qualities()),
    givenUp: calls.givenUp(),
    uneven: await uneven(),
    ...(await books()),
  })
}

/** `reports`: newest first. */
function latestDayEnds(
  reports: readonly (Pick<DayEndNow, 'peer' | 'date' | 'state'> & {
    readonly payee?: string
    readonly breaks: readonly { readonly count: bigint }[]
  })[],
): readonly DayEndNow[] {
  const latest = new Map<string, DayEndNow>()
  for (const { peer, payee, date, state, breaks } of reports) {
    const who = payee === undefined ? peer : `${peer} (${payee})`
    const refused = Number(breaks.reduce((sum, { count }) => sum + count, 0n))
    if (!latest.has(who)) latest.set(who, { peer: who, date, state, breaks: refused })
  }
  return [...latest.values()]
}
