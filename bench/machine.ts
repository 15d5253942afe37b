/** What a figure was measured on, in one line: without it a benchmark says little. */
import { cpus, loadavg } from 'node:os'

/** Ask before the benchmark loads the machine: the load of others makes figures worse, and is part of what they mean. */
export function machine(): string {
  const all = cpus()
  const name = all[0]?.model.trim() ?? 'unknown processor'
  const [load = 0] = loadavg()
  return `${name}, ${all.length} cores, Node ${process.versions.node}, load ${load.toFixed(1)} before it began`
}
