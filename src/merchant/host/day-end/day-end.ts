/**
 * The host's end of the day-end exchange: one file for each bank and business date, with a section for each of its payees. What
 * becomes of a section from there on is its payee's (`../../clearing/day-end.ts`).
 *
 *     closed ──▶ built ──▶ sent ──▶ received (the bank's signed receipt)
 */
import type { SentAgain } from '../../../clearing/sent-again.ts'
import { Slices } from '../../../clearing/slices.ts'
import { StepWorker } from '../../../clearing/worker.ts'
import type { InstitutionId } from '../../../ids.ts'
import type { Verdict } from '../../../mail/inbox.ts'
import type { LetterHandlers } from '../../../mail/reception.ts'
import type { Place } from '../../../mail/streams.ts'
import type { Tx } from '../../../store/store.ts'
import { noteRefused } from '../../clearing/recall.ts'
import { sendAgain, sendNextAlone } from './again.ts'
import { beginNext } from './begin.ts'
import { buildHostFile } from './build.ts'
import { type House, openHostFile } from './files.ts'
import { askNextBank, takeHeldHostFile } from './recall.ts'
import { noteHostReceipt, sendHostFile } from './send.ts'

export class HostDayEnd {
  readonly #house: House
  readonly #slices: Slices
  readonly #worker: StepWorker

  constructor(house: House, troubled: (error: unknown) => void) {
    this.#house = house
    this.#slices = new Slices(house)
    this.#worker = new StepWorker({ runtime: house.runtime, step: () => this.#step(), troubled })
  }

  wake(): void {
    this.#worker.wake()
  }

  /** Once people have put away why a bank refused its files, or sections of them. */
  async sendAgain(bank: InstitutionId): Promise<SentAgain> {
    const sent = await sendAgain(this.#house, bank)
    for (const { dayEnd } of this.#house.payees.all) dayEnd.wake()
    this.wake()
    return sent
  }

  idle(): Promise<void> {
    return this.#worker.idle()
  }

  close(): Promise<void> {
    this.#slices.close()
    return this.#worker.close()
  }

  letters(): LetterHandlers {
    const house = this.#house
    const parts = {
      answered: (tx: Tx, bank: InstitutionId, place: Place, verdict: Verdict) =>
        noteHostReceipt(tx, house, bank, place, verdict),
    }
    return {
      'host-file': parts,
      'host-file-sections': parts,
      'host-file-lines': parts,
      'host-file-recall': {
        answered: (tx, bank, _place, verdict, body) => noteRefused(tx, house, bank, verdict, body),
      },
      'host-file-held': {
        judge: (tx, bank, body) => takeHeldHostFile(tx, house, bank, body),
        afterwards: () => this.wake(),
      },
    }
  }

  async #step(): Promise<boolean> {
    const { store, config } = this.#house
    if (await askNextBank(this.#house, this.#slices)) return true
    if (await sendNextAlone(this.#house, this.#slices)) return true
    const file = await store.read(tx => openHostFile(tx, config.id))
    if (file === undefined) return beginNext(this.#house, this.#slices)
    if (file.state === 'closed') await buildHostFile(this.#house, this.#slices, file)
    else await sendHostFile(this.#house, this.#slices, file)
    return true
  }
}
