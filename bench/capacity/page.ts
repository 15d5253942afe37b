/** The capacity card: a page out of what was measured. What has not been is said so, and what would need it is left out. */
import { design } from './design.ts'
import type { Measured } from './measured.ts'
import { assumptions, type Bearing, type Needs, needsOf } from './needs.ts'
import { isLine, measuredParts, perProcess } from './tables.ts'
import { bytes, rounded, short, table } from './words.ts'

const customerCounts = [100_000n, 10_000_000n, 1_000_000_000n] as const

export function capacityPage(measured: Measured): string {
  const bearing = bearingOf(measured)
  const parts = [
    intro,
    ...measuredParts(measured),
    ...(bearing === undefined
      ? ['What customers need is computed once calls, sales with PostgreSQL and a take-over were measured.']
      : [
          needsPart(
            customerCounts.map(count => needsOf(count, bearing)),
            bearing,
          ),
          limits(measured, bearing),
        ]),
    design,
  ]
  return `${parts.join('\n\n')}\n`
}

const intro = `# The capacity card

What one installation bears, what a number of customers needs, and where the next limit is. This page is written by \`npm run bench -- capacity\` from \`docs/capacity/measured.json\`, which holds the last run of each benchmark that was told to keep it (\`--card\`); a test computes it again. Each
table says on what machine and under what load its figures were taken: on a machine that others use at the same time they are worse, so they are a floor, and ratios within one run say more than rates.`

/** Undefined while one of them is missing. */
function bearingOf({ calls, kept, takeover }: Measured): Bearing | undefined {
  const less = (value: number | undefined) => (value === undefined ? undefined : BigInt(Math.floor(value)))
  const more = (value: number | undefined) => (value === undefined ? undefined : BigInt(Math.ceil(value)))
  const { cpuMsPerCall, asteriskMsPerCall, pinCheckMs, callSeconds } = calls?.values ?? {}
  const bearing = {
    callsPerMachine: less(calls?.values['concurrentCalls']),
    callsPerProcess: calls && BigInt(perProcess(cpuMsPerCall, asteriskMsPerCall, pinCheckMs, callSeconds)),
    salesPerSecondPerWriter: less(kept?.values['salesPerSecondKeptSync']),
    databaseBytesPerSale: more(takeover?.values['databaseBytesPerSale']),
    logBytesPerSale: more(takeover?.values['logBytesPerSale']),
    walBytesPerSale: more(takeover?.values['walBytesPerSale']),
  }
  return Object.values(bearing).includes(undefined) ? undefined : (bearing as Bearing)
}

function needsPart(needs: readonly Needs[], bearing: Bearing): string {
  const row = (what: string, of: (need: Needs) => string) => [what, ...needs.map(of)]
  const count = (what: string, of: (need: Needs) => bigint) => row(what, need => of(need).toLocaleString('en-US'))
  return `## What customers need

Assumed: ${assumptions.purchasesIn30Days} purchases of a customer in 30 days, each a call of ${assumptions.bankCallSeconds} s to the bank and later one of ${assumptions.payeeCallSeconds} s to a payee ([how long calls take](callers-ear.md)); the busiest day has ${assumptions.busiestDayPercent} % of an average
one's, its busiest hour ${assumptions.busyHourPercent} % of that day's, its busiest second ${assumptions.burstPercent} % of the hour's average; nothing is filled beyond ${assumptions.usePercent} % of what was measured; one call in ${assumptions.blockedOneIn.toLocaleString('en-US')} finds the lines busy (Erlang's loss formula). All customers are one bank's, at first. A machine is one as measured above, with
Asterisk on it, ${bearing.callsPerMachine} calls at once; a process has ${bearing.callsPerProcess}; a writer ${bearing.salesPerSecondPerWriter.toLocaleString('en-US')} sales a second, each confirmed by a second PostgreSQL.

${table(
  ['', ...needs.map(({ customers }) => `${customers.toLocaleString('en-US')} customers`)],
  [
    count('sales on an average day', need => need.salesPerDay),
    count('sales in the busiest hour', need => need.busyHourSales),
    count('calls at once at the bank', need => need.bankCalls),
    count('calls at once at payees', need => need.payeeCalls),
    count('machines for calls', need => need.machines),
    count("processes for the bank's calls", need => need.bankProcesses),
    count('sales in the busiest second', need => need.salesInBusiestSecond),
    count('writers', need => need.writers),
    row('the database grows in a year by', need => bytes(need.databaseBytesPerYear)),
    row('change log of a day', need => bytes(need.logBytesPerDay)),
    row("PostgreSQL's write-ahead log of a day", need => bytes(need.walBytesPerDay)),
  ],
)}`
}

/** Where each limit is reached, by the same formulas turned round. */
function limits(measured: Measured, bearing: Bearing): string {
  const reached = (holds: (need: Needs) => boolean) => {
    let [fits, fails] = [0n, 10_000_000_000_000n]
    while (fails - fits > 1n) {
      const middle = (fits + fails) / 2n
      if (holds(needsOf(middle, bearing))) fits = middle
      else fails = middle
    }
    return rounded(fits)
  }
  const { bareMachineSecondsPer100k, bareMachineLinearity = 0 } = measured.takeover?.values ?? {}
  const slope = isLine(bareMachineLinearity) ? bareMachineSecondsPer100k : undefined
  const hours = (need: Needs) =>
    slope === undefined ? undefined : ((Number(need.salesPerDay * 365n) / 100_000) * slope) / 3_600
  const year = customerCounts.map(count => hours(needsOf(count, bearing)))
  const bare = year.includes(undefined)
    ? ''
    : `\n- **Books of a year.** A machine without books would take ${year.map(each => `${short(each ?? 0)} h`).join(', ')} for the three sizes, if the line went on so far, which nobody has measured; a copy of the database's file, brought by hand, does not wait for that.`
  const { usePercent, bankCallSeconds } = assumptions
  const perWriter = (bearing.salesPerSecondPerWriter * usePercent) / 100n
  const callsBeside = perWriter * bankCallSeconds
  return `## Where the next limit is

- **One machine for all calls**: up to about ${reached(need => need.machines <= 1n)} customers. Beyond that several Asterisk behind Kamailio ring one institution ([061](decisions/061-several-asterisk-behind-kamailio.md)), as is built.
- **One process for all conversations**: up to about ${reached(need => need.bankProcesses <= 1n)} customers. Call workers, below, are not built.
- **One writer for all sales**: up to about ${reached(need => need.writers <= 1n)} customers. Branches, below, are not built. At ${perWriter.toLocaleString('en-US')} sales a second and ${bankCallSeconds} s a call, ${callsBeside.toLocaleString('en-US')} calls at once would go on beside one writer, in ${(callsBeside / ((bearing.callsPerProcess * usePercent) / 100n)).toLocaleString('en-US')} processes.${bare}`
}
