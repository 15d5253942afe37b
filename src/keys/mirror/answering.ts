/**
 * The mirror's end: does what the machine that serves asks, one request after another. Of several connections the latest alone counts,
 * so that nothing that was sent on an earlier one, such as a key that has been destroyed since, comes after it.
 */
import type { InstitutionId } from '../../ids.ts'
import type { Runtime } from '../../runtime.ts'
import { digestOf, type KeyTable } from './key-table.ts'
import { type AnswerTo, encodeAnswer, type MirrorRequest, mostAtOnce, pageSize } from './requests.ts'

/** One connection of the other machine. */
export interface Session {
  /** @throws when it is over, or the request is none that may be asked now */
  answer(request: MirrorRequest): Promise<Uint8Array>
}

export class Answering {
  readonly #runtime: Runtime
  readonly #institution: InstitutionId
  readonly #table: KeyTable
  /** Requests come one after another, of whichever connection. */
  #last: Promise<unknown> = Promise.resolve()
  #current: object | undefined
  #serves = false

  constructor(runtime: Runtime, institution: InstitutionId, table: KeyTable) {
    this.#runtime = runtime
    this.#institution = institution
    this.#table = table
  }

  /** Those before it are over. */
  begin(): Session {
    const session = {}
    this.#current = session
    let isGreeted = false
    const answer = async (request: MirrorRequest) => {
      if (this.#current !== session) throw new Error('there is a later connection')
      if (request.ask === 'hello') {
        const greeting = this.#greeting(request)
        isGreeted = greeting === 'done'
        return encodeAnswer<'hello'>(greeting)
      }
      if (this.#serves || !isGreeted) throw new Error('it takes no requests')
      return this.#do(request)
    }
    return {
      answer: request => {
        const answered = this.#last.then(() => answer(request))
        this.#last = answered.catch(() => {})
        return answered
      },
    }
  }

  /** This machine serves from now on, and takes no request more: resolves when the last is over. */
  async serve(): Promise<void> {
    this.#serves = true
    await this.#last
  }

  #greeting({ institution }: Extract<MirrorRequest, { ask: 'hello' }>): AnswerTo<'hello'> {
    if (institution !== this.#institution) return 'another institution'
    return this.#serves ? 'serves itself' : 'done'
  }

  async #do(request: Exclude<MirrorRequest, { ask: 'hello' }>): Promise<Uint8Array> {
    const table = this.#table
    switch (request.ask) {
      case 'put':
        this.#runtime.reached('record-keys.put-arrived')
        await table.take(request.keys)
        this.#runtime.reached('record-keys.put-kept')
        return encodeAnswer<'put'>('done')
      case 'destroy':
        this.#runtime.reached('record-keys.destruction-arrived')
        await table.destroy(request.names, false)
        this.#runtime.reached('record-keys.destruction-kept')
        return encodeAnswer<'destroy'>('done')
      case 'destructions':
        return encodeAnswer<'destructions'>(await table.destructions(mostAtOnce))
      case 'confirmed':
        await table.confirmed(request.names)
        return encodeAnswer<'confirmed'>('done')
      case 'digest':
        return encodeAnswer<'digest'>(digestOf(await table.names(rangeOf(request), pageSize + 1)))
      case 'names':
        return encodeAnswer<'names'>(await table.names(rangeOf(request), mostAtOnce))
      case 'keys':
        return encodeAnswer<'keys'>(await table.keysOf(request.names))
    }
  }
}

const rangeOf = ({ after, upto }: { readonly after: string; readonly upto: string | null }) => ({
  after,
  upto: upto ?? undefined,
})
