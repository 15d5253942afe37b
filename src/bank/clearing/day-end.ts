/**
 * The bank's end of the day-end exchange. Each step is commands of its own, of which only the last changes the file's state:
 *
 *     receiving ──▶ received ──▶ posted ──▶ result sent
 */
import { raiseAlarm } from '../../alarm.ts'
import type { DayEndReport } from '../../clearing/report.ts'
import type { SentAgain } from '../../clearing/sent-again.ts'
import { Slices } from '../../clearing/slices.ts'
import { StepWorker } from '../../clearing/worker.ts'
import type { InstitutionId } from '../../ids.ts'
import { type LetterHandlers, preparing } from '../../mail/reception.ts'
import { now } from '../../runtime.ts'
import type { Branch } from '../branch.ts'
import { resultTaking } from '../interbank/results.ts'
import { netStatementAnswers, sendNetAgain } from '../net/again.ts'
import { reportLateSettlements, reportLateStatements } from '../net/late.ts'
import { netRecallLetters, recallNext } from '../net/recall.ts'
import { netResultTaking } from '../net/result.ts'
import { compareNext, netLinesTaking, netStatementTaking } from '../net/take.ts'
import { writeNext } from '../net/write.ts'
import { betweenPayees } from '../private/letters.ts'
import { FilesAside } from './aside.ts'
import { checkLines, checkRefunds, proof } from './check.ts'
import { type FileRow, fileOf, filesDue } from './files.ts'
import { recallTaking, tellHeld } from './held.ts'
import { hostRecallTaking } from './hosts/held.ts'
import { readSections, takeHostHeader, takeHostLines, takeSections } from './hosts/receive.ts'
import { LineHashes } from './parts.ts'
import { availableFor, postFile } from './post.ts'
import { countLines, readHeader, takeHeader, takePart } from './receive.ts'
import { reportLate, reports } from './report.ts'
import { returnToBuyers } from './returns.ts'
import { tellResult } from './tell.ts'
import { noteContradicted } from './void-facts.ts'

export class BankDayEnd {
  readonly #branch: Branch
  readonly #slices: Slices
  readonly #worker: StepWorker
  readonly #aside: FilesAside

  constructor(branch: Branch, troubled: (error: unknown) => void) {
    this.#branch = branch
    this.#slices = new Slices(branch)
    this.#aside = new FilesAside(branch)
    this.#worker = new StepWorker({ runtime: branch.runtime, step: () => this.#step(), troubled })
  }

  wake(): void {
    this.#worker.wake()
  }

  reports(date?: string): Promise<readonly DayEndReport[]> {
    return reports(this.#branch, date)
  }

  /** For whoever keeps the morning watch. */
  async reportLate(): Promise<void> {
    await reportLate(this.#branch)
    await reportLateStatements(this.#branch)
    await reportLateSettlements(this.#branch)
  }

  /** A net statement that another bank refused, when people have put away the cause. */
  async sendAgain(bank: InstitutionId): Promise<SentAgain> {
    const sent = await sendNetAgain(this.#branch, bank)
    this.#branch.mail.wake()
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
    const branch = this.#branch
    const afterwards = () => this.wake()
    // The command may have written a letter.
    const answering = () => {
      this.wake()
      branch.mail.wake()
    }
    return {
      ...betweenPayees(branch, {
        'day-end-file': preparing({
          prepare: (from, { header }) => readHeader(branch, from, header),
          judge: (tx, from, { header }, read) => takeHeader(tx, branch, from, header, read),
          afterwards,
        }),
        'day-end-lines': preparing({
          prepare: (_from, body) => countLines(branch, body),
          judge: (tx, from, body, lines, place) => takePart(tx, branch, from, body, lines, place),
          afterwards,
        }),
        'day-end-recall': {
          judge: (tx, from, body, _, place) => recallTaking(tx, branch, from, body, place),
          afterwards,
        },
      }),
      'host-file': { judge: (tx, from, body) => takeHostHeader(tx, branch, from, body) },
      'host-file-sections': preparing({
        prepare: (host, body) => readSections(branch, host, body),
        judge: (tx, from, body, sections) => takeSections(tx, branch, from, body, sections),
        afterwards: answering,
      }),
      'host-file-lines': preparing({
        prepare: (_from, body) => countLines(branch, body),
        judge: (tx, from, body, lines, place) => takeHostLines(tx, branch, from, body, lines, place),
        afterwards,
      }),
      'host-file-recall': {
        judge: (tx, from, body, _, place) => hostRecallTaking(tx, branch, from, body, place),
        afterwards: answering,
      },
      'net-statement': { ...netStatementTaking(branch, answering), ...netStatementAnswers(branch, afterwards) },
      'net-lines': netLinesTaking(branch, afterwards),
      'net-result': netResultTaking(branch, afterwards),
      ...netRecallLetters(branch, afterwards),
      // A statement waits until the letters that told of its credits were taken.
      'credit-result': { ...resultTaking(branch), afterwards },
    }
  }

  async #step(): Promise<boolean> {
    const branch = this.#branch
    if (await tellHeld(branch, this.#slices)) return true
    const file = this.#aside.next(await branch.store.read(tx => filesDue(tx, branch)))
    if (await recallNext(branch, this.#slices)) return true
    if (file !== undefined) {
      await this.#aside.guard(file, () => this.#goOn(file))
      return true
    }
    if ((await writeNext(branch, this.#slices)) || (await compareNext(branch, this.#slices))) return true
    this.#aside.retry()
    return false
  }

  async #goOn(file: FileRow): Promise<void> {
    const branch = this.#branch
    if (file.state === 'posted') return tellResult(branch, this.#slices, file)
    const proved = await this.#prove(file)
    if (proved === 'refused') return
    await checkLines(branch, this.#slices, file, proved)
    await checkRefunds(branch, this.#slices, file, () => availableFor(branch, this.#slices, file))
    await postFile(branch, this.#slices, file)
    await returnToBuyers(branch, this.#slices, file)
  }

  /**
   * A file whose lines are not those of its header is refused as a whole; the next ones wait for people.
   * @returns the hashes of its lines; undefined: they were proved before
   */
  async #prove(file: FileRow): Promise<LineHashes | 'refused' | undefined> {
    if (file.proved === 1n) return undefined
    const branch = this.#branch
    const { id: tenant } = branch.config
    const { payee, number, date } = file
    const found = await proof(branch, this.#slices, file)
    const isProved = found instanceof LineHashes
    const at = now(branch)
    await branch.store.execute(async tx => {
      if ((await fileOf(tx, tenant, payee, number))?.state !== 'received') return
      await tx.run(
        'UPDATE payee_file SET proved = ?, state = ? WHERE tenant = ? AND payee = ? AND number = ?',
        ...[isProved ? 1n : 0n, isProved ? 'received' : 'refused', tenant, payee, number],
      )
      if (isProved) return
      await noteContradicted(tx, tenant, file, found, at)
      const detail = `file ${number} of ${date}: its lines are not those of its header`
      await raiseAlarm(tx, tenant, { peer: payee, kind: 'day-end-contradicted', detail, at })
    }, 'unhurried')
    branch.runtime.reached('day-end.proved')
    return isProved ? found : 'refused'
  }
}
