/**
 * The payee's end of the day-end exchange. Each step is commands of its own, of which only the last changes the file's state:
 *
 *     closed ──▶ built ──▶ sent ──▶ received (the bank's signed receipt) ──▶ result ──▶ reconciled
 */

import type { DayEndReport } from '../../clearing/report.ts'
import type { SentAgain } from '../../clearing/sent-again.ts'
import { Slices } from '../../clearing/slices.ts'
import { StepWorker } from '../../clearing/worker.ts'
import type { InstitutionId } from '../../ids.ts'
import type { LetterHandlers } from '../../mail/reception.ts'
import type { Shop } from '../shop.ts'
import { sendAgain } from './again.ts'
import { build } from './build.ts'
import { beginFiles, type FileRow, filesDue } from './files.ts'
import { place, unplacedFiles } from './place.ts'
import { askNext, noteRefused, takeHeld, takeHeldLines } from './recall.ts'
import { type Planned, planned, reportLate, reports } from './report.ts'
import { forgetBreaks, noteSectionRefused, readResult, reconcile, takeBreaks, takeResult } from './result.ts'
import { noteVoid } from './retell.ts'
import { noteReceipt, send } from './send.ts'

export class PayeeDayEnd {
  readonly #shop: Shop
  readonly #slices: Slices
  readonly #worker: StepWorker
  /** Whose result contradicts their file: they wait for people, and are looked at again each night. */
  readonly #contradicted = new Set<string>()
  /** Which hold what these books cannot carry: they wait for a letter, or for two people. Tried again at each waking. */
  readonly #waiting = new Set<string>()

  constructor(shop: Shop, troubled: (error: unknown) => void) {
    this.#shop = shop
    this.#slices = new Slices(shop)
    this.#worker = new StepWorker({ runtime: shop.runtime, step: () => this.#step(), troubled })
  }

  /** People may have put something right. */
  resume(): void {
    this.#contradicted.clear()
    this.wake()
  }

  wake(): void {
    this.#waiting.clear()
    this.#worker.wake()
  }

  reports(date?: string): Promise<readonly DayEndReport[]> {
    return reports(this.#shop, date)
  }

  planned(): Promise<readonly Planned[]> {
    return planned(this.#shop)
  }

  /** Once people have put away why a bank refused its files. */
  async sendAgain(bank: InstitutionId): Promise<SentAgain> {
    const sent = await sendAgain(this.#shop, bank)
    this.wake()
    return sent
  }

  /** For whoever keeps the morning watch. */
  reportLate(): Promise<void> {
    return reportLate(this.#shop)
  }

  idle(): Promise<void> {
    return this.#worker.idle()
  }

  close(): Promise<void> {
    this.#slices.close()
    return this.#worker.close()
  }

  letters(): LetterHandlers {
    const shop = this.#shop
    const wake = () => this.wake()
    return {
      'day-end-file': { answered: (tx, bank, place, verdict) => noteReceipt(tx, shop, bank, place, verdict) },
      'day-end-lines': { answered: (tx, bank, place, verdict) => noteReceipt(tx, shop, bank, place, verdict) },
      'day-end-breaks': {
        judge: (tx, bank, breaks, _, place) => takeBreaks(tx, shop, bank, breaks, place),
        forgotten: (tx, bank, place) => forgetBreaks(tx, shop, bank, place),
      },
      'day-end-result': {
        judge: (tx, bank, { result }, _, place) => takeResult(tx, shop, bank, result, readResult(result), place),
        afterwards: wake,
      },
      'day-end-refused': {
        judge: (tx, bank, body, _, place) =>
          body.isVoid ? noteVoid(tx, shop, bank, body, place) : noteSectionRefused(tx, shop, bank, body),
        afterwards: wake,
      },
      'day-end-recall': {
        answered: (tx, bank, _place, verdict, body) => noteRefused(tx, shop, bank, verdict, body),
      },
      'day-end-held': { judge: (tx, bank, body) => takeHeld(tx, shop, bank, body), afterwards: wake },
      'day-end-held-lines': { judge: (tx, bank, body) => takeHeldLines(tx, shop, bank, body), afterwards: wake },
    }
  }

  async #step(): Promise<boolean> {
    const { store, config } = this.#shop
    if (await askNext(this.#shop, this.#slices)) return true
    const held = (await store.read(tx => unplacedFiles(tx, config.id))).find(each => !this.#waiting.has(nameOf(each)))
    if (held !== undefined) {
      if (!(await place(this.#shop, this.#slices, held))) this.#waiting.add(nameOf(held))
      return true
    }
    // A host begins the files of its payees, all those of a date at once.
    if (this.#shop.wakeHost !== undefined) this.#shop.wakeHost()
    else await store.execute(tx => beginFiles(tx, this.#shop), 'unhurried')
    const due = await store.read(tx => filesDue(tx, this.#shop))
    const file = due.find(each => !this.#contradicted.has(nameOf(each)))
    if (file === undefined) return false
    switch (file.state) {
      case 'closed':
        await build(this.#shop, this.#slices, file)
        return true
      case 'built':
        await send(this.#shop, this.#slices, file)
        return true
      default:
        if (!(await reconcile(this.#shop, file))) this.#contradicted.add(nameOf(file))
        return true
    }
  }
}

function nameOf({ bank, number }: FileRow): string {
  return `${bank} ${number}`
}
