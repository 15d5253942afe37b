/** The PostgreSQL of a member, which Patroni starts in a session of its own: it lives on when Patroni is killed. */
import { readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Runtime } from '../runtime.ts'
import type { Member } from './plan.ts'

const lookEveryMs = 50

/** How long each signal has before the next (PostgreSQL manual, "Shutting Down the Server"): fast, immediate, and none that could be heard. */
const ends = [
  { signal: 'SIGINT', ms: 10_000 },
  { signal: 'SIGQUIT', ms: 5_000 },
  { signal: 'SIGKILL', ms: 5_000 },
] as const

/** Resolves when it has ended. Its file goes before it does. */
export async function endPostmaster(runtime: Runtime, member: Member): Promise<void> {
  const pid = postmasterOf(member)
  if (pid === undefined) return
  for (const { signal, ms } of ends) {
    send(pid, signal)
    const endMs = runtime.monotonicMs() + ms
    while (runtime.monotonicMs() < endMs) {
      if (hasEnded(pid) || isAnother(member, pid)) return
      await runtime.sleep(lookEveryMs)
    }
  }
}

/** Nothing happens when it does not run. */
export function signalPostmaster(member: Member, signal: NodeJS.Signals): void {
  const pid = postmasterOf(member)
  if (pid !== undefined) send(pid, signal)
}

function postmasterOf(member: Member): number | undefined {
  try {
    const pid = Number(readFileSync(join(folderOf(member), 'postmaster.pid'), 'utf8').split('\n')[0])
    return isOf(member, pid) ? pid : undefined
  } catch {
    return undefined
  }
}

/** A file that a crash left behind may name another process by now. */
function isOf(member: Member, pid: number): boolean {
  try {
    const [program = '', ...args] = commandOf(pid)
    const of = args[args.indexOf('-D') + 1] ?? ''
    return basename(program) === 'postgres' && realpathSync(of) === realpathSync(folderOf(member))
  } catch {
    return false
  }
}

/** Its number went to another process. While a process ends its command is empty already, though its files are still open. */
function isAnother(member: Member, pid: number): boolean {
  try {
    return commandOf(pid).some(Boolean) && !isOf(member, pid)
  } catch {
    return true
  }
}

/** Nobody may have waited for it yet (proc_pid_status(5), state Z). */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

function commandOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
}

function folderOf({ data }: Member): string {
  return join(data, 'postgresql')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
