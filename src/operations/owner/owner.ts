/**
 * One process owns an institution's database. A command gives its work to that process, or takes the lock and does the
 * same work itself when there is none.
 */
import type { Runtime } from '../../runtime.ts'
import { FolderInUse } from '../../store/lock.ts'
import { askOwner, NoOwner, type Talk } from './ask.ts'
import { type Contract, contract } from './contract.ts'
import type { FromCallerOf, HandlersOf, OutcomeOf, RequestOf, ToCallerOf } from './operation.ts'
import { perform } from './perform.ts'

/** An institution that was opened for one command. */
export interface OpenForOne {
  readonly handlers: HandlersOf<Contract>
  close(): Promise<void>
}

/** What the command says and hears while a conversation lasts. */
export interface TalkOf<Kind extends keyof Contract> {
  heard(message: ToCallerOf<Contract[Kind]>): void
  began(send: (message: FromCallerOf<Contract[Kind]>) => void): void
}

export interface OwnedFolder {
  readonly folder: string
  readonly runtime: Runtime
  /** Opens the institution in this process: `FolderInUse` when another has it. */
  open(): Promise<OpenForOne>
}

/** Who came first may have gone or come between our two looks; that cannot go on for ever. */
const attempts = 5
const pauseMs = 200

/** Has `kind` done by the owner of the folder, or here. */
export async function ask<Kind extends keyof Contract>(
  premises: OwnedFolder,
  kind: Kind,
  request: RequestOf<Contract[Kind]>,
  talk?: TalkOf<Kind>,
): Promise<OutcomeOf<Contract[Kind]>> {
  const { folder, runtime } = premises
  const operation = contract[kind]
  for (let attempt = 1; ; attempt++) {
    try {
      const asked = { kind, operation, request, ...(talk && { talk: talk as Talk }) }
      return (await askOwner(folder, runtime, asked)) as OutcomeOf<Contract[Kind]>
    } catch (error) {
      if (!(error instanceof NoOwner)) throw error
    }
    try {
      return await doHere(premises, kind, request, talk)
    } catch (error) {
      if (!(error instanceof FolderInUse) || attempt === attempts) throw error
    }
    await runtime.sleep(pauseMs)
  }
}

async function doHere<Kind extends keyof Contract>(
  premises: OwnedFolder,
  kind: Kind,
  request: RequestOf<Contract[Kind]>,
  talk: TalkOf<Kind> | undefined,
): Promise<OutcomeOf<Contract[Kind]>> {
  const { handlers, close } = await premises.open()
  try {
    const early: unknown[] = []
    let hear: ((message: unknown) => void) | undefined
    talk?.began(message => (hear ? hear(message) : early.push(message)))
    const outcome = await perform(contract, handlers, kind, request, {
      tell: message => talk?.heard(message as ToCallerOf<Contract[Kind]>),
      listen: listener => {
        hear = message => listener.heard(message)
        for (const message of early.splice(0)) hear(message)
      },
    })
    return outcome as OutcomeOf<Contract[Kind]>
  } finally {
    await close()
  }
}
