/** What a number of customers needs, from what was measured and from assumptions that stand on the page. Counts are `bigint`, and are rounded up. */

export interface Assumptions {
  /** Purchases of one customer in 30 days; each is one call to the bank, and the voucher is paid with in one call to a payee. */
  readonly purchasesIn30Days: bigint
  readonly bankCallSeconds: bigint
  readonly payeeCallSeconds: bigint
  /** Of an average day's, on the busiest day; and of that day's in its busiest hour. In percent. */
  readonly busiestDayPercent: bigint
  readonly busyHourPercent: bigint
  /** The busiest second of that hour against its average, in percent. */
  readonly burstPercent: bigint
  /** Of what a machine or a writer bore when it was measured, in percent. */
  readonly usePercent: bigint
  /** Calls that find no place, of how many one. */
  readonly blockedOneIn: number
}

/** Who buys for themselves once a week, as with a bus pass; hours and days as telephone networks reckon with. */
export const assumptions: Assumptions = {
  purchasesIn30Days: 4n,
  bankCallSeconds: 55n,
  payeeCallSeconds: 25n,
  busiestDayPercent: 150n,
  busyHourPercent: 15n,
  burstPercent: 200n,
  usePercent: 70n,
  blockedOneIn: 1_000,
}

/** What was measured, rounded down to whole numbers where more is better, and up where less is. */
export interface Bearing {
  readonly callsPerMachine: bigint
  readonly callsPerProcess: bigint
  readonly salesPerSecondPerWriter: bigint
  readonly databaseBytesPerSale: bigint
  readonly logBytesPerSale: bigint
  readonly walBytesPerSale: bigint
}

export interface Needs {
  readonly customers: bigint
  readonly salesPerDay: bigint
  readonly busyHourSales: bigint
  /** At the same moment, at the bank and at its payees. */
  readonly bankCalls: bigint
  readonly payeeCalls: bigint
  readonly machines: bigint
  readonly bankProcesses: bigint
  readonly salesInBusiestSecond: bigint
  readonly writers: bigint
  readonly databaseBytesPerYear: bigint
  readonly logBytesPerDay: bigint
  readonly walBytesPerDay: bigint
}

export function needsOf(customers: bigint, bearing: Bearing, of: Assumptions = assumptions): Needs {
  const salesPerDay = up(customers * of.purchasesIn30Days, 30n)
  const busyHourSales = up(
    customers * of.purchasesIn30Days * of.busiestDayPercent * of.busyHourPercent,
    30n * 100n * 100n,
  )
  const callsAtOnce = (seconds: bigint) => linesFor(Number(busyHourSales * seconds) / 3_600, 1 / of.blockedOneIn)
  const [bankCalls, payeeCalls] = [callsAtOnce(of.bankCallSeconds), callsAtOnce(of.payeeCallSeconds)]
  const used = (most: bigint) => (most * of.usePercent) / 100n
  const salesInBusiestSecond = up(busyHourSales * of.burstPercent, 3_600n * 100n)
  return {
    ...{ customers, salesPerDay, busyHourSales, bankCalls, payeeCalls, salesInBusiestSecond },
    machines: up(bankCalls + payeeCalls, used(bearing.callsPerMachine)),
    bankProcesses: up(bankCalls, used(bearing.callsPerProcess)),
    writers: up(salesInBusiestSecond, used(bearing.salesPerSecondPerWriter)),
    databaseBytesPerYear: salesPerDay * 365n * bearing.databaseBytesPerSale,
    logBytesPerDay: salesPerDay * bearing.logBytesPerSale,
    walBytesPerDay: salesPerDay * bearing.walBytesPerSale,
  }
}

/**
 * How many calls at once must fit so that at most `blocked` of those that come find no place: Erlang's loss formula (ITU-T E.501), by
 * its recursion B(n) = a·B(n−1) / (n + a·B(n−1)). @param erlangs calls at once on average, if none were turned away
 */
export function linesFor(erlangs: number, blocked: number): bigint {
  // With as many lines as erlangs the part is √(2 / π·a), a little less: from there on these are enough, and more than are needed.
  if (erlangs > 0 && Math.sqrt(2 / (Math.PI * erlangs)) <= blocked) return BigInt(Math.ceil(erlangs))
  let lines = 0
  for (let part = 1; part > blocked; ) {
    lines++
    part = (erlangs * part) / (lines + erlangs * part)
  }
  return BigInt(lines)
}

function up(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}
