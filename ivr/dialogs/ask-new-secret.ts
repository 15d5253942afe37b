/**
 * A new PIN or password, keyed in twice and never spoken. One that is easy to guess is refused before it is keyed again, and
 * after two different entries both are asked for anew: nobody knows which of them was the slip.
 */
import { accepted, type Call, type Judged, refused, turnedAway } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'

/** How often two different entries, or one that turns out too easy, are forgiven. */
const mostTries = 3

interface NewSecret<O> {
  /** `pin` or `password`: how its phrases begin. */
  readonly of: 'pin' | 'password'
  readonly digits: { readonly min: number; readonly max: number }
  readonly judge: (next: Secret) => Promise<{ readonly outcome: 'fit' | 'too-easy' }>
  /** Takes it, once it was keyed twice. */
  readonly take: (next: Secret) => Promise<O>
}

/** What `take` answered. Undefined when the caller did not manage to key in one that fits. */
export async function askNewSecret<O extends { readonly outcome: string }>(
  call: Call,
  { of, digits, judge, take }: NewSecret<O>,
): Promise<Exclude<O, { readonly outcome: 'too-easy' }> | undefined> {
  for (let tries = 0; tries < mostTries; tries++) {
    const next = await askTwice(call, of, digits, judge)
    if (next === 'different') continue
    const taken = await take(next)
    if (taken.outcome !== 'too-easy') return taken as Exclude<O, { readonly outcome: 'too-easy' }>
    await call.refuse(`${of}.weak`)
  }
  await call.refuse('cancelled')
  return undefined
}

async function askTwice(
  call: Call,
  of: 'pin' | 'password',
  digits: NewSecret<never>['digits'],
  judge: NewSecret<never>['judge'],
): Promise<Secret | 'different'> {
  const next = await call.ask(`${of}.new`, {
    phrase: `${of}.new`,
    digits,
    secret: true,
    refusals: ['too-easy'],
    accept: async keys => {
      const next = new Secret(keys)
      const { outcome } = await call.during(judge(next))
      return outcome === 'too-easy' ? refused('too-easy', `${of}.weak`) : accepted(next)
    },
  })
  const different = `${of}.different` as const
  return call.ask(`${of}.repeat`, {
    phrase: `${of}.repeat`,
    digits,
    secret: true,
    refusals: ['different'],
    accept: (keys): Judged<Secret | 'different'> =>
      keys === next.reveal() ? accepted(next) : turnedAway('different', 'different', different),
  })
}
