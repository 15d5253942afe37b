/** The bare application that is called for comparison: what it is told, and the process that serves its calls. */
import { fileURLToPath } from 'node:url'
import { systemRuntime } from '../../src/runtime.ts'
import type { SealedSecret } from '../../src/secret.ts'
import type { Clip } from '../../src/speech/speech.ts'
import { type MeasuredProcess, startMeasured } from './bank.ts'
import { hashOf } from './pin-hash.ts'
import type { HeardPrompts } from './prompts.ts'
import type { Caller } from './script.ts'

export const bareApplication = 'bare'
export const bareNumber = '7002'

export interface BareOrder {
  readonly ari: { readonly url: string; readonly user: string; readonly password: SealedSecret }
  readonly application: string
  /** By account, hexadecimal. */
  readonly verifiers: Readonly<Record<string, { readonly salt: string; readonly hash: string }>>
  /** What is played first, and after each answer: media lists of ARI. */
  readonly prompts: Readonly<Record<'greeting' | 'language' | 'account' | 'pin' | 'menu', string>>
}

/** Hashes every caller's PIN once, two at a time: a bare application keeps hashes, too. */
export async function verifiersOf(callers: readonly Caller[]): Promise<BareOrder['verifiers']> {
  const verifiers: Record<string, { salt: string; hash: string }> = {}
  const queue = [...callers]
  const hashNext = async () => {
    for (let caller = queue.pop(); caller !== undefined; caller = queue.pop()) {
      const salt = systemRuntime.random(16)
      const hash = await hashOf(caller.pin, salt)
      verifiers[caller.account] = { salt: hex(salt), hash: hex(hash) }
    }
  }
  await Promise.all([hashNext(), hashNext()])
  return verifiers
}

export function startBare(order: {
  readonly ari: BareOrder['ari']
  readonly verifiers: BareOrder['verifiers']
  readonly prompts: HeardPrompts
}): Promise<MeasuredProcess> {
  const { greeting, after } = order.prompts
  const media = (clips: readonly Clip[]) => clips.map(({ name }) => `sound:tonebank/${name}`).join(',')
  return startMeasured('the bare application', fileURLToPath(new URL('./bare-program.ts', import.meta.url)), {
    ari: order.ari,
    application: bareApplication,
    verifiers: order.verifiers,
    prompts: {
      greeting: media(greeting),
      language: media(after.language),
      account: media(after.account),
      pin: media(after.pin),
      menu: media(after.menu),
    },
  } satisfies BareOrder)
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
