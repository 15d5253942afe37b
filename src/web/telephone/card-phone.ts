/// <reference lib="dom" />
/**
 * The payment terminal of this page: with the card that lies at its server it answers what a line asks it to sign. It shows nothing,
 * and is loaded when somebody puts the card in.
 */
import type { CardIdentity } from '../../card/apdu/identity.ts'
import type { Absence } from '../../card/apdu/secure-element.ts'
import { CardSession } from '../../card/card-session.ts'
import { Directory } from '../../card/directory.ts'
import type { Cancelled } from '../../runtime.ts'
import { Secret } from '../../secret.ts'
import {
  type Hands,
  isSameSignature,
  type Paid,
  payInCall,
  type Signature,
  type Unsettled,
} from '../../terminal/payment.ts'
import { signaturesInText, textOfSignatures } from '../../terminal/signatures-text.ts'
import { EncodedLine } from './encoded-line.ts'
import { RemoteCard, readDirectory } from './remote-card.ts'

export type { LineEnd } from '../../terminal/line.ts'
export type { Approval, Hands, Paid, ToApprove } from '../../terminal/payment.ts'
export { EncodedLine, Secret }

export type Inserted =
  | { readonly outcome: 'ready'; readonly phone: CardPhone }
  | { readonly outcome: 'removed'; readonly why: Absence }
  /** It is no card of ours, is of no use any more, or the directory is not its bank's. */
  | { readonly outcome: 'unusable' }

export async function insert(): Promise<Inserted> {
  const card = new RemoteCard()
  const [opened, given] = [await CardSession.open(card), await readDirectory()]
  if (opened.outcome === 'removed') return { outcome: 'removed', why: opened.why }
  if (opened.outcome !== 'ready') return { outcome: 'unusable' }
  await opened.session.close()
  const signer = given && ({ algorithm: 'Ed25519', bytes: given.key } as const)
  const directory = signer && (await Directory.read(signer, given.message))
  if (directory === undefined) return { outcome: 'unusable' }
  return { outcome: 'ready', phone: new CardPhone(card, opened.session.identity, directory) }
}

export class CardPhone {
  readonly identity: CardIdentity
  readonly #card: RemoteCard
  readonly #directory: Directory

  constructor(card: RemoteCard, identity: CardIdentity, directory: Directory) {
    this.#card = card
    this.identity = identity
    this.#directory = directory
  }

  /** Answers whatever is asked on this line until it ends. `became` hears of each request what came of it. */
  async answer(line: EncodedLine, hands: Hands, became: (paid: Paid) => void): Promise<void> {
    let isOver = false
    void line.ended.then(() => {
      isOver = true
    })
    while (!isOver) {
      const paid = await payInCall(line, {
        ...{ card: this.#card, directory: this.#directory, hands },
        ...{ unsettled: unsettledHere, runtime: browserRuntime },
      })
      if (paid.outcome !== 'not-asked') became(paid)
    }
  }
}

const browserRuntime = {
  monotonicMs: () => performance.now(),
  sleep,
  random: (byteCount: number) => crypto.getRandomValues(new Uint8Array(byteCount)),
  work: <T>(promise: Promise<T>) => promise,
}

function sleep(ms: number, signal?: Cancelled): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

const place = 'tonebank-unsettled'

/** In the browser, for this origin: what was signed is asked for by whichever page has the card next. */
const unsettledHere: Unsettled = {
  find: async (receiver, card) => kept().find(each => each.receiver === receiver && each.card === card),
  add: async signature => keep([...kept(), signature]),
  remove: async signature => keep(kept().filter(each => !isSameSignature(each, signature))),
}

/** @throws Error when something else stands there: what it says must not be forgotten. */
function kept(): Signature[] {
  const text = localStorage.getItem(place)
  const signatures = text === null ? [] : signaturesInText(text)
  if (signatures === undefined) throw new Error('the signatures without a result cannot be read')
  return signatures
}

function keep(signatures: readonly Signature[]): void {
  if (signatures.length === 0) localStorage.removeItem(place)
  else localStorage.setItem(place, textOfSignatures(signatures))
}
