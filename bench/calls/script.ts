/**
 * What each caller does, key by key. Ours and the reference are called with the same script: the same keys after the same
 * waiting, so that both play as much.
 */

export interface Step {
  /** What the caller answers: `language`, `account`, `pin`, `menu`. */
  readonly name: string
  /** How long the caller listens before the first key. */
  readonly listenMs: number
  readonly keys: readonly KeyOf[]
}

/** A key that every caller presses, or one that each reads from a column of the callers' file. */
export type KeyOf = { readonly key: string } | { readonly column: number }

/** A key press at its place in the call, counted from 0. */
export interface Press {
  readonly place: number
  readonly step: Step
  readonly keyOf: KeyOf
  /** It completes the answer: what the caller hears next is the next prompt. */
  readonly last: boolean
}

/** A caller: one of the bank's customers. */
export interface Caller {
  readonly account: string
  readonly pin: string
}

export interface Script {
  readonly steps: readonly Step[]
  /** How long the caller listens after the last key before hanging up. */
  readonly listenAtEndMs: number
}

/** One press and the pause after it: 100 ms each, a brisk caller. RFC 4733 sends a packet every 20 ms meanwhile. */
export const pressMs = 100
export const pauseMs = 100

export interface ScriptLength {
  /** Listening to each prompt. The PIN has been checked long before, or its prompt would count as not heard. */
  readonly listenMs: number
  /** How often the caller asks for the balance once signed in. */
  readonly balances: number
}

/** Signs in by keys and asks for the balance a few times: language, account and `#`, PIN, then 1 at the menu. */
export function signInAndListen(
  accountDigits: number,
  pinDigits: number,
  { listenMs, balances }: ScriptLength,
): Script {
  const columns = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ column: from + n }))
  const one = { key: '1' }
  return {
    steps: [
      { name: 'language', listenMs, keys: [one] },
      { name: 'account', listenMs, keys: [...columns(0, accountDigits), { key: '#' }] },
      { name: 'pin', listenMs, keys: columns(accountDigits, pinDigits) },
      ...Array.from({ length: balances }, () => ({ name: 'menu', listenMs, keys: [one] })),
    ],
    listenAtEndMs: listenMs,
  }
}

export function presses({ steps }: Script): Press[] {
  let place = 0
  return steps.flatMap(step =>
    step.keys.map((keyOf, index) => ({ place: place++, step, keyOf, last: index === step.keys.length - 1 })),
  )
}

/** How long a call lasts that nothing delays. */
export function callMs(script: Script): number {
  const listening = script.steps.reduce((sum, { listenMs }) => sum + listenMs, script.listenAtEndMs)
  return listening + presses(script).length * (pressMs + pauseMs)
}

/** The callers' file of sipp: one line per caller, one column per digit, as `{ column }` counts them. */
export function callersFile(callers: readonly Caller[]): string {
  return ['SEQUENTIAL', ...callers.map(({ account, pin }) => `${[...account, ...pin].join(';')};`), ''].join('\n')
}
