/** A process and its children, as PostgreSQL's server has them. */
import { readFileSync } from 'node:fs'

/** @returns their pids */
export function signalTree(pid: number, how: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): readonly number[] {
  const all = [pid, ...childrenOf(pid)]
  for (const each of all) signal(each, how)
  return all
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Of its children the one that calls itself so. */
export function childCalled(pid: number, pattern: RegExp): number | undefined {
  return childrenOf(pid).find(each => pattern.test(readFileSync(`/proc/${each}/cmdline`, 'utf8')))
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

function signal(pid: number, how: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, how)
  } catch {
    // It has ended.
  }
}
