/** What the installation says of itself while it is called: its metrics, and the operators' page as long as somebody has it open. */
import { systemRuntime, withDeadline } from '../../src/runtime.ts'

/** Values by name and labels, as Prometheus' text has them. */
export type Metrics = ReadonlyMap<string, number>

export async function readMetrics(target: string): Promise<Metrics> {
  const answer = await withDeadline(systemRuntime, 'the metrics', 5_000, fetch(`http://${target}/metrics`))
  const lines = (await answer.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))] as const
    }),
  )
}

/** Where an institution of the installation answers. */
export async function targetOf(operations: string, institution: string): Promise<string> {
  const answer = await fetch(new URL('/targets', operations))
  const found = ((await answer.json()) as { targets: string[]; labels: { institution: string } }[]) ?? []
  const target = found.find(({ labels }) => labels.institution === institution)?.targets[0]
  if (target === undefined) throw new Error(`the installation does not say where ${institution} answers`)
  return target
}

/** What was counted between the two, of all whose name begins so. */
export function counted(before: Metrics, after: Metrics, prefix: string): ReadonlyMap<string, number> {
  const names = [...after.keys()].filter(name => name.startsWith(prefix))
  return new Map(names.map(name => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]))
}

/**
 * The share `p` of what a histogram has counted between the two was at most this many seconds: between the bounds of its bucket, as if
 * what is in one were spread evenly.
 */
export function quantile(before: Metrics, after: Metrics, histogram: string, p: number): number {
  const buckets = new Map<number, number>()
  for (const [name, count] of counted(before, after, `${histogram}_bucket`)) {
    const bound = /le="([^"]+)"/.exec(name)?.[1]
    const upTo = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
    buckets.set(upTo, (buckets.get(upTo) ?? 0) + count)
  }
  const ascending = [...buckets].sort(([a], [b]) => a - b)
  const wanted = p * (ascending.at(-1)?.[1] ?? 0)
  let [below, countBelow] = [0, 0]
  for (const [bound, count] of ascending) {
    if (count >= wanted && count > countBelow)
      return Number.isFinite(bound) ? below + ((bound - below) * (wanted - countBelow)) / (count - countBelow) : below
    ;[below, countBelow] = [bound, count]
  }
  return Number.NaN
}

export interface OpenPage {
  /** Bytes that have come of what is live. */
  bytes(): number
  close(): void
}

/** The operators' page, as a browser has it open: once whole, and then what is live. */
export async function openPage(operations: string, language: 'en' | 'zh'): Promise<OpenPage> {
  const ended = new AbortController()
  await (await fetch(new URL(`/?lang=${language}`, operations))).text()
  const live = await fetch(new URL(`/live?lang=${language}`, operations), { signal: ended.signal })
  let bytes = 0
  const reading = async () => {
    for await (const piece of live.body ?? []) bytes += (piece as Uint8Array).length
  }
  reading().catch(() => {})
  return { bytes: () => bytes, close: () => ended.abort() }
}

/** The memory of the process, every five seconds until it is ended. */
export function watchMemory(target: string) {
  const samples: { readonly atMs: number; readonly bytes: number }[] = []
  const ended = new AbortController()
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const metrics = await readMetrics(target).catch(() => undefined)
      const bytes = metrics?.get('tonebank_resident_memory_bytes')
      if (bytes !== undefined) samples.push({ atMs: systemRuntime.monotonicMs(), bytes })
      await systemRuntime.sleep(5_000, ended.signal).catch(() => {})
    }
  })()
  return {
    async end() {
      ended.abort()
      await watching
      return samples.map(({ bytes }) => bytes)
    },
  }
}
