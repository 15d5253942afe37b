/** What a figure was measured on, in one line: without it a benchmark says little. */
import { cpus } from 'node:os'

export function machine(asteriskVersion: string): string {
  const all = cpus()
  return `${all[0]?.model.trim() ?? 'unknown processor'}, ${all.length} cores, Node ${process.versions.node}, Asterisk ${asteriskVersion}`
}
