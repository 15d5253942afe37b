/**
 * Whoever guesses, from many telephones and pages: they find nothing, and cannot tell a voucher that lives from one that is
 * unsold, unknown or locked, neither by words nor by time nor by how it locks. Each round draws a script of tries (who, by which
 * channel, with which secret, how soon) and tries it at one number of each kind; what is answered, and when, has to be the same.
 * Then comes a flood: no more is judged of it than the limits say.
 */
import { withCheckDigits } from '../../../src/check-digits.ts'
import type { VoucherNumber } from '../../../src/ids.ts'
import type { Origin } from '../../../src/origin.ts'
import { randomBelow, randomDigits } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { toldVoucher } from '../../support/ids.ts'
import { passwordInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

export interface Guessing {
  readonly probes: number
  readonly seed: number
  /** From how many telephones and addresses. */
  readonly callers?: number
  /** What a comparison costs in the field. */
  readonly isFullCost?: boolean
}

export interface Guessed {
  readonly probes: number
  readonly findings: readonly string[]
}

/** Delays and limits have forgotten what was before. */
const restMs = 2 * 3_600_000
/** What the tests' payee allows: those of `merchantConfig`. */
const overall = { burst: 60, perMinute: 300 }

interface Step {
  readonly origin: Origin
  readonly ask: 'openVoucher' | 'revealPassword' | 'unlock'
  /** Of a record that nobody sold, and of a locked voucher: what would open it if it were sold, or not locked. */
  readonly isRight: boolean
  readonly waitMs: number
}

type Kind = 'living' | 'unsold' | 'unknown' | 'locked'
const kinds: readonly Kind[] = ['living', 'unsold', 'unknown', 'locked']

interface Subject {
  readonly number: VoucherNumber
  readonly password: string
}

export function guess(guessing: Guessing): Promise<Guessed> {
  const runtime = new VirtualRuntime({ seed: guessing.seed })
  return runtime.run(() => new Guesser(runtime, guessing).guess())
}

class Guesser {
  readonly #runtime: VirtualRuntime
  readonly #options: Guessing
  readonly #findings: string[] = []
  #probes = 0

  constructor(runtime: VirtualRuntime, options: Guessing) {
    this.#runtime = runtime
    this.#options = options
  }

  async guess(): Promise<Guessed> {
    const runtime = this.#runtime
    // Letters and questions take their time, so that asking a bank could be noticed.
    const weather = { next: () => ({ lateMs: 50 + randomBelow(runtime, 400) }) }
    const world = await openWorld({ runtime, rates: 'usual', weather })
    if (this.#options.isFullCost) await world.reconfigureMerchant({ hashCost: { memoryKiB: 47_104, passes: 2 } })
    const floods = Math.max(1, Math.round(this.#options.probes / 1_000))
    const inRounds = this.#options.probes - floods * floodProbes
    while (this.#probes < inRounds && this.#findings.length < 10) await this.#round(world)
    for (let flood = 0; flood < floods && this.#findings.length < 10; flood++) await this.#flood(world)
    await world.close()
    return { probes: this.#probes, findings: this.#findings }
  }

  async #round(world: World): Promise<void> {
    const steps = Array.from({ length: 3 + randomBelow(this.#runtime, 5) }, () => this.#drawStep())
    const told = new Map<Kind, string>()
    for (const kind of kinds) {
      await this.#runtime.sleep(restMs)
      const subject = await this.#subjectOf(world, kind)
      const answers: string[] = []
      for (const step of steps) answers.push(await this.#try(world, kind, subject, step))
      const slots = kind === 'locked' ? 'as it was' : await slotsOf(world, subject.number)
      await putBack(world, kind, subject.number)
      told.set(kind, answers.join(', '))
      if (kind !== 'locked') told.set(kind, `${told.get(kind)}; slots used: ${slots}`)
    }
    const said = (kind: Kind) => told.get(kind) ?? ''
    const [living] = said('living').split(';')
    for (const kind of kinds.slice(1)) {
      const [words] = said(kind).split(';')
      if (words !== living) this.#findings.push(`${kind} is told apart from living: ${words} instead of ${living}`)
      if (kind !== 'locked' && said(kind) !== said('living'))
        this.#findings.push(`${kind} locks otherwise than living: ${said(kind)} instead of ${said('living')}`)
    }
  }

  async #try({ merchant }: World, kind: Kind, subject: Subject, step: Step): Promise<string> {
    await this.#runtime.sleep(step.waitMs)
    this.#probes++
    const { number } = subject
    const isBackup = step.ask !== 'openVoucher'
    const mayBeRight = step.isRight && !isBackup && kind !== 'living'
    const secret = new Secret(mayBeRight ? subject.password : randomDigits(this.#runtime, isBackup ? 12 : 8))
    const beganMs = this.#runtime.monotonicMs()
    const { origin } = step
    const answer = isBackup
      ? await merchant[step.ask === 'unlock' ? 'unlock' : 'revealPassword']({ number, backup: secret, origin })
      : await merchant.openVoucher({ number, password: secret, origin })
    if (answer.outcome !== 'refused' && answer.outcome !== 'busy')
      this.#findings.push(`a ${kind} voucher answers ${answer.outcome}`)
    return `${JSON.stringify(answer)} after ${this.#runtime.monotonicMs() - beganMs} ms`
  }

  #drawStep(): Step {
    const asks = ['openVoucher', 'openVoucher', 'openVoucher', 'revealPassword', 'unlock'] as const
    return {
      origin: this.#drawOrigin(),
      ask: asks[randomBelow(this.#runtime, asks.length)] ?? 'openVoucher',
      isRight: randomBelow(this.#runtime, 3) === 0,
      waitMs: [0, 0, 200, 3_000, 40_000][randomBelow(this.#runtime, 5)] ?? 0,
    }
  }

  #drawOrigin(): Origin {
    const who = randomBelow(this.#runtime, this.#options.callers ?? 10_000)
    switch (randomBelow(this.#runtime, 5)) {
      case 0:
        return { channel: 'telephone' }
      case 1:
      case 2:
        return { channel: 'page', address: `10.0.${who >> 8}.${who & 255}` }
      default:
        return { channel: 'telephone', number: `+86138${who}` }
    }
  }

  async #subjectOf(world: World, kind: Kind): Promise<Subject> {
    const { confirmed, locked } = world.vouchers
    switch (kind) {
      case 'living':
        return confirmed
      case 'locked':
        return locked
      case 'unsold':
        return { number: world.unsoldNumber, password: (await passwordInStock(world, world.unsoldNumber)) ?? '' }
      case 'unknown':
        return { number: this.#drawNumber(), password: randomDigits(this.#runtime, 8) }
    }
  }

  #drawNumber(): VoucherNumber {
    return toldVoucher(withCheckDigits(`6180${randomDigits(this.#runtime, 10)}`))
  }

  /** As many at once as a botnet has: what is looked at stays within what the payee allows all together. */
  async #flood(world: World): Promise<void> {
    await this.#runtime.sleep(restMs)
    const beganMs = this.#runtime.monotonicMs()
    const answers = Array.from({ length: floodProbes }, async (_, i) => {
      await this.#runtime.sleep(i * 20)
      this.#probes++
      const password = new Secret(randomDigits(this.#runtime, 8))
      return world.merchant.openVoucher({ number: this.#drawNumber(), password, origin: this.#drawOrigin() })
    })
    const outcomes = (await Promise.all(answers)).map(({ outcome }) => outcome)
    const judged = outcomes.filter(outcome => outcome === 'refused').length
    const most = overall.burst + Math.ceil((overall.perMinute * floodProbes * 20) / 60_000) + 1
    if (judged > most) this.#findings.push(`of a flood ${judged} guesses were judged, and ${most} may be`)
    const other = outcomes.find(outcome => outcome !== 'refused' && outcome !== 'busy')
    if (other !== undefined) this.#findings.push(`a flood finds ${other}`)
    if (this.#runtime.monotonicMs() - beganMs < floodProbes * 20) this.#findings.push('a flood was answered too soon')
  }
}

const floodProbes = 300

async function slotsOf(world: World, number: VoucherNumber): Promise<string> {
  const rows = await world.lantern.store.read(tx =>
    tx.all<{ secret: string; used: bigint }>(
      'SELECT secret, used FROM tries WHERE subject = ? ORDER BY secret',
      number,
    ),
  )
  return rows.map(({ secret, used }) => `${secret} ${used}`).join(' ')
}

/** As it was before the round. */
async function putBack(world: World, kind: Kind, number: VoucherNumber): Promise<void> {
  await world.lantern.store.execute(async tx => {
    await tx.run(
      `DELETE FROM tries WHERE subject = ? AND (secret = 'backup' OR ?)`,
      number,
      kind === 'locked' ? 0n : 1n,
    )
    const state = kind === 'locked' ? 'locked' : 'active'
    if (kind === 'living' || kind === 'locked')
      await tx.run('UPDATE voucher SET state = ? WHERE number = ?', state, number)
  })
}
