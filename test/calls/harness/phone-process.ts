/** A softphone's process: as punctual as a telephone of its own, and gone with the test that started it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

const setpriv = '/usr/bin/setpriv'

/** @param folder where it keeps everything, in place of its owner's home */
export function startPhoneProcess(command: readonly string[], folder: string): ChildProcessWithoutNullStreams {
  const [program = '', ...args] = endedWithUs(inRealTime(command))
  return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, HOME: folder } })
}

/**
 * A hardware phone never waits for a processor; this one would, beside a busy test, and its recording would be torn. Below
 * the priority of Asterisk (10), and only where this account may give it.
 */
const inRealTime = (command: readonly string[]) =>
  process.getuid?.() === 0 ? ['chrt', '--fifo', '5', ...command] : command

/** A test that fails in mid-call leaves no phone behind: the kernel ends it. */
const endedWithUs = (command: readonly string[]) =>
  existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', '--', ...command] : command
