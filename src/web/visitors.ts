/**
 * Who is in the middle of something on our pages. A visitor is a random id in a cookie; what they proved and what they came
 * to pay stays in this process. Whoever asks for nothing costs nothing: an id alone takes no memory here.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type Runtime, randomId } from '../runtime.ts'
import type { Secret } from '../secret.ts'

/** As many as may be in the middle of something at once; the one who was away longest gives way. */
const most = 10_000

export class Visitors<Session> {
  readonly #runtime: Runtime
  readonly #formKey: Secret
  readonly #idleMs: number
  readonly #longestMs: number
  /** By the id's hash: a dump of this memory opens no voucher. */
  readonly #open = new Map<string, { readonly session: Session; readonly sinceMs: number; untilMs: number }>()

  /**
   * `formKey`: stays the same over restarts, so that a form that is open in a browser can still be sent. Whoever does nothing for
   * `idleMs`, and everybody after `longestMs`, proves it again.
   */
  constructor(runtime: Runtime, formKey: Secret, { idleMs, longestMs }: { idleMs: number; longestMs: number }) {
    this.#runtime = runtime
    this.#formKey = formKey
    this.#idleMs = idleMs
    this.#longestMs = longestMs
  }

  drawId(): string {
    return randomId(this.#runtime)
  }

  /** It is proved for this visitor until they leave, do nothing for a while, or were here for long. */
  open(id: string, session: Session): void {
    this.#keep(hashOf(id), session, this.#runtime.monotonicMs())
  }

  #keep(key: string, session: Session, sinceMs: number): void {
    this.#open.delete(key)
    const untilMs = Math.min(this.#runtime.monotonicMs() + this.#idleMs, sinceMs + this.#longestMs)
    this.#open.set(key, { session, sinceMs, untilMs })
    if (this.#open.size <= most) return
    const [oldest] = this.#open.keys()
    if (oldest !== undefined) this.#open.delete(oldest)
  }

  /** The same, and whoever is asked for by it was not here. */
  openTo(id: string): Session | undefined {
    const found = this.#open.get(hashOf(id))
    return found !== undefined && this.#runtime.monotonicMs() < found.untilMs ? found.session : undefined
  }

  sessionOf(id: string): Session | undefined {
    const found = this.#open.get(hashOf(id))
    if (found === undefined) return undefined
    if (this.#runtime.monotonicMs() >= found.untilMs) {
      this.#open.delete(hashOf(id))
      return undefined
    }
    // Whoever was here last stands last.
    this.#keep(hashOf(id), found.session, found.sinceMs)
    return found.session
  }

  close(id: string): void {
    this.#open.delete(hashOf(id))
  }

  /** Goes into each form, and comes back with it: a page elsewhere cannot know it. One for each form and visitor. */
  formToken(id: string, action: string): string {
    return createHmac('sha256', this.#formKey.reveal()).update(`${id} ${action}`).digest('base64url')
  }

  isFormToken(token: string, id: string, action: string): boolean {
    const [sent, made] = [Buffer.from(token), Buffer.from(this.formToken(id, action))]
    return sent.length === made.length && timingSafeEqual(sent, made)
  }
}

const hashOf = (id: string): string => createHash('sha256').update(id).digest('hex')
