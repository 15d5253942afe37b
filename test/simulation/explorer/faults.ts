/** Every fault that the explorer must find, and copies of the scripts with one in them. */
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { edited } from '../../support/edit-once.ts'
import { bankFaults } from './bank-faults.ts'
import type { Fault } from './fault.ts'
import { payeeFaults } from './payee-faults.ts'

export const faults: readonly Fault[] = [...bankFaults, ...payeeFaults]

/** A copy of `ivr/` with the fault in it, below `.cache`; its `src` is the real one. Undefined: a copy without any. */
export function scriptsWith(fault: Fault | undefined, number: number): string {
  const folder = resolve('.cache', 'faults', String(number))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync('ivr', join(folder, 'ivr'), { recursive: true })
  symlinkSync(resolve('src'), join(folder, 'src'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  if (fault) edit(join(folder, 'ivr', fault.file), fault)
  return join(folder, 'ivr')
}

function edit(file: string, fault: Fault): void {
  const remembers = fault.replace.includes('intents.get')
  const remembered = remembers ? '\nconst intents = new WeakMap<object, { id: string }>()\n' : ''
  writeFileSync(file, edited(file, fault) + remembered)
}
