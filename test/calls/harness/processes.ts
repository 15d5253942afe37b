/** The processes that the network consists of, as `/proc` shows them to everybody on the machine. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Network } from './network.ts'

export interface RunningProcess {
  readonly pid: number
  /** Arguments, separated by NUL. */
  readonly commandLine: string
  /** `NAME=value`, separated by NUL. */
  readonly environment: string
}

/** The network's own process and everything that it started. */
export function processesOf({ process: { pid: root } }: Network): RunningProcess[] {
  const parents = new Map(pids().map(pid => [pid, parentOf(pid)]))
  const isBelow = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isBelow(parents.get(pid)))
  return [...parents.keys()].filter(isBelow).map(pid => ({
    pid,
    commandLine: read(pid, 'cmdline') ?? '',
    environment: read(pid, 'environ') ?? '',
  }))
}

/** Ends one of the network's processes on the spot: an institution by its id, or `asterisk`; of several `asterisk-2`, … the others. */
export function kill(network: Network, name: string): void {
  const [, other] = name.match(/^asterisk(-\d+)?$/) ?? []
  const folder = `${network.dataFolder}/switch${other === undefined ? '' : `/${name}`}`
  const argument = name.startsWith('asterisk') ? `\0${folder}/conf/asterisk.conf\0` : `\0institution\0${name}\0`
  const victims = processesOf(network).filter(({ commandLine }) => commandLine.endsWith(argument))
  if (victims.length !== 1) throw new Error(`${victims.length} processes of ${name} to kill`)
  process.kill(victims[0]?.pid ?? 0, 'SIGKILL')
}

const pids = () =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)

/** The program's name, in brackets, may hold anything: what follows counts from the last one (proc_pid_stat(5)). */
function parentOf(pid: number): number | undefined {
  const stat = read(pid, 'stat')
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** Undefined for a process that has ended meanwhile. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return undefined
  }
}
