/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The card phone beside the keys: where the card goes in, what it is about to sign, and what came of it. */
import type { CallFrames } from './call-frames.ts'
import type { Approval, CardPhone, EncodedLine, Hands, Paid, ToApprove } from './card-phone.ts'

type Module = typeof import('./card-phone.ts')

/** The call that the telephone is in. */
export interface CallNow {
  readonly frames: CallFrames
  readonly dtmf: RTCDTMFSender | null
  hangUp(): void
}

export class CardPanel {
  readonly #root: HTMLElement
  readonly #script: string
  readonly #toggle: HTMLButtonElement
  readonly #state: HTMLElement
  readonly #form: HTMLFormElement
  #module: Module | undefined
  #phone: CardPhone | undefined
  #line: EncodedLine | undefined
  #call: CallNow | undefined
  #decide: ((approval: Approval) => void) | undefined

  /** @param script the address of `card-phone.ts` */
  constructor(root: HTMLElement, script: string) {
    this.#root = root
    this.#script = script
    this.#toggle = this.#part('toggle', HTMLButtonElement)
    this.#state = this.#part('card-state', HTMLElement)
    this.#form = this.#part('approve', HTMLFormElement)
    this.#toggle.addEventListener('click', () => void (this.#phone ? this.#takeOut() : this.#insert()))
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#sign()
    })
    this.#part('refuse', HTMLButtonElement).addEventListener('click', () => this.#answer('no'))
    root.hidden = false
  }

  /** A call stands from now on, or none does. */
  became(call: CallNow | undefined): void {
    this.#call = call
    this.#line?.over('hung up there')
    this.#line = undefined
    this.#answer('no')
    if (call && this.#phone) this.#listen(this.#phone, call)
  }

  async #insert(): Promise<void> {
    this.#toggle.disabled = true
    try {
      this.#module ??= (await import(this.#script)) as Module
      const inserted = await this.#module.insert()
      if (inserted.outcome !== 'ready') {
        this.#say(inserted.outcome === 'removed' && inserted.why === 'in-use' ? 'in-use' : 'unusable')
        return
      }
      this.#phone = inserted.phone
      this.#say('in', inserted.phone.identity.number)
      this.#toggle.textContent = this.#toggle.dataset['out'] ?? ''
      if (this.#call) this.#listen(inserted.phone, this.#call)
    } catch {
      this.#say('unusable')
    } finally {
      this.#toggle.disabled = false
    }
  }

  #takeOut(): void {
    this.#phone = undefined
    this.#answer('no')
    this.#line?.over('hung up here')
    this.#line = undefined
    this.#toggle.textContent = this.#toggle.dataset['in'] ?? ''
    this.#say('out')
  }

  #listen(phone: CardPhone, { frames, dtmf, hangUp }: CallNow): void {
    if (this.#module === undefined) return
    const line = new this.#module.EncodedLine(frames, dtmf, hangUp)
    this.#line = line
    const hands: Hands = {
      approve: asked => this.#ask(asked),
      onSettled: (_, result) => this.#sayResult(result),
      onResult: result => this.#sayResult(result),
    }
    phone
      .answer(line, hands, paid => this.#sayPaid(paid))
      .catch(() => {
        this.#say('unusable')
        line.over('broken')
      })
  }

  /** Resolves when its holder has signed, or will not, or the other end has gone. */
  #ask(asked: ToApprove): Promise<Approval> {
    const { shown, receiver, isListed, trouble, over } = asked
    const rows = {
      what: this.#root.dataset[`what${capital(shown.way ?? shown.type)}`] ?? shown.type,
      ...{ amount: shown.amount, limit: shown.limit, trade: shown.trade },
      ...{ payee: shown.payee?.name, account: shown.payee?.account, bank: shown.payee?.bank },
      ...{ from: shown.from, receiver },
    }
    for (const [name, value] of Object.entries(rows)) {
      const row = this.#part(`row-${name}`, HTMLElement)
      row.hidden = value === undefined
      const told = row.querySelector('dd')
      if (told) told.textContent = value ?? ''
    }
    this.#part('unlisted', HTMLElement).hidden = isListed || shown.payee === undefined
    this.#part('wrong-pin', HTMLElement).hidden = trouble === undefined
    this.#part('tries', HTMLElement).textContent = trouble?.outcome === 'wrong-pin' ? `${trouble.triesLeft}` : '–'
    this.#form.reset()
    this.#form.hidden = false
    this.#say('asked')
    this.#part('pin', HTMLInputElement).focus()
    over.addEventListener('abort', () => this.#answer('no'))
    return new Promise(resolve => {
      this.#decide = resolve
    })
  }

  #sign(): void {
    const [pin, password] = [this.#part('pin', HTMLInputElement), this.#part('password', HTMLInputElement)]
    if (this.#module === undefined) return
    const { Secret } = this.#module
    this.#say('signing')
    this.#answer({ pin: new Secret(pin.value), password: new Secret(password.value) })
  }

  #answer(approval: Approval): void {
    const hadFocus = this.#form.contains(document.activeElement)
    this.#form.hidden = true
    // Nobody finds it in the page afterwards.
    this.#form.reset()
    if (hadFocus) this.#toggle.focus()
    this.#decide?.(approval)
    this.#decide = undefined
  }

  #sayPaid(paid: Paid): void {
    if (paid.outcome === 'declined') this.#say(`declined-${paid.why}`)
    if (paid.outcome === 'unknown') this.#say('unknown')
    if (paid.outcome === 'not-answered') this.#say('not-answered')
  }

  #sayResult(result: Parameters<Hands['onResult']>[0]): void {
    if (result.outcome === 'paid' || result.outcome === 'on-its-way') this.#say(result.outcome, result.reference)
    else if (result.outcome === 'refused') this.#say(result.reason === 'wrong-password' ? 'wrong-password' : 'refused')
    else this.#say(result.outcome)
  }

  /** One of the sentences that the page has, and what belongs to it. */
  #say(what: string, more = ''): void {
    this.#root.dataset['state'] = what
    this.#state.textContent = `${this.#root.dataset[`say${capital(what)}`] ?? ''} ${more}`.trim()
  }

  #part<E extends HTMLElement>(name: string, kind: new () => E): E {
    const found = this.#root.querySelector(`[data-part="${name}"]`)
    if (found instanceof kind) return found
    throw new Error(`the page has no ${name}`)
  }
}

/** `on-its-way`: `OnItsWay`, as a data attribute's name goes on. */
const capital = (name: string) => name.replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase())
