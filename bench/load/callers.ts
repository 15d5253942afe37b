/** What the callers of an installation do: look at their account, or buy a voucher from beginning to end. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePresses } from '../calls/key-presses.ts'
import { authentication, scenarioXml } from '../calls/scenario.ts'
import { callMs, type KeyOf, presses, type Script, type Step, signInAndListen } from '../calls/script.ts'
import type { InstallationCaller } from './installation.ts'

const accountDigits = 12
const pinDigits = 6

export interface Acting {
  readonly scenarioFile: string
  readonly callersFile: string
  readonly callMs: number
}

/** Signs in, and asks for the balance. */
export const looking = (length: { readonly listenMs: number; readonly balances: number }): Script =>
  signInAndListen(accountDigits, pinDigits, length)

const pressed = (text: string): readonly KeyOf[] => [...text].map(key => ({ key }))

/** A confirmation counts once it was heard to its end, and number and password are told whole: they take that long. */
const buyingSteps: readonly Step[] = [
  { name: 'menu', listenMs: 4_000, keys: pressed('2') },
  { name: 'payee', listenMs: 3_000, keys: pressed('8001#') },
  { name: 'amount', listenMs: 3_000, keys: pressed('20#') },
  { name: 'confirm', listenMs: 14_000, keys: pressed('1') },
  { name: 'written', listenMs: 45_000, keys: pressed('1') },
]

/** Signs in, and buys a voucher worth ¥20 for Lantern Books: about two minutes. */
export function buying(): Script {
  const { steps, listenAtEndMs } = looking({ listenMs: 4_000, balances: 0 })
  return { steps: [...steps, ...buyingSteps], listenAtEndMs }
}

/** Writes scenario and callers for sipp, each caller at a telephone of its own account. They hold passwords. */
export function writeCallers(
  folder: string,
  name: string,
  script: Script,
  callers: readonly InstallationCaller[],
): Acting {
  const keys = join(folder, `${name}-keys`)
  writePresses(keys, presses(script))
  const column = accountDigits + pinDigits
  const sipUser = { user: `[field${column}]`, authorization: `[field${column + 1}]` }
  const rows = callers.map(({ account, pin, phone, password }) =>
    [...account, ...pin, phone, authentication(phone, password), ''].join(';'),
  )
  return {
    scenarioFile: secretFile(join(folder, `${name}.xml`), scenarioXml(script, keys, sipUser)),
    callersFile: secretFile(join(folder, `${name}.csv`), ['SEQUENTIAL', ...rows, ''].join('\n')),
    callMs: callMs(script),
  }
}

function secretFile(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  return path
}
