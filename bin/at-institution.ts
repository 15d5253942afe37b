/** What commands about one institution have in common: its file, its folder, its owner, and who signs. */

import type { InstitutionId } from '../src/ids.ts'
import { signProposal } from '../src/keys/approval.ts'
import { personKeyOf } from '../src/keys/person-folder.ts'
import { openPersonKey, type Signer } from '../src/keys/person-key.ts'
import { Undeliverable } from '../src/mail/transport.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import {
  fileOf,
  folderOf,
  type Installation,
  institutionOf,
  readInstallation,
  type Where,
} from '../src/operations/installation/file.ts'
import type { InstitutionEntry } from '../src/operations/installation/schema.ts'
import { keepingForOne } from '../src/operations/keeping.ts'
import { openInstitution } from '../src/operations/open-institution.ts'
import type { Contract } from '../src/operations/owner/contract.ts'
import type { OutcomeOf, RequestOf } from '../src/operations/owner/operation.ts'
import { ask, type TalkOf } from '../src/operations/owner/owner.ts'
import { now, randomId, systemRuntime } from '../src/runtime.ts'
import { readPassphrase } from './passphrase.ts'
import { readable } from './readable.ts'
import { scripts } from './scripts.ts'
import { whyNotDone } from './why-not-done.ts'

/** Options of a command that one person signs. */
export interface Signing extends Where {
  readonly as: string
  readonly passphraseFile?: string
  /** What it is for: signed with it, and read by whoever approves. */
  readonly why?: string
}

export interface AtInstitution {
  readonly installation: Installation
  readonly entry: InstitutionEntry
  readonly folder: string
  ask<Kind extends keyof Contract>(
    kind: Kind,
    request: RequestOf<Contract[Kind]>,
    talk?: TalkOf<Kind>,
  ): Promise<OutcomeOf<Contract[Kind]>>
}

export function atInstitution(id: string, where: Where): AtInstitution {
  const installation = readInstallation(fileOf(where))
  const entry = institutionOf(installation, id)
  const folder = folderOf(installation, entry)
  const troubled = (error: unknown) => void process.stderr.write(`${String(error)}\n`)
  const open = () =>
    openInstitution(
      ...([entry, folder, scripts, systemRuntime, nobodyElse, troubled] as const),
      keepingForOne(installation, id, systemRuntime),
    )
  return {
    installation,
    entry,
    folder,
    ask: (kind, request, talk) => ask({ folder, runtime: systemRuntime, open }, kind, request, talk),
  }
}

/** For one command the doors stay shut: letters that it writes are delivered once the institution runs. */
const nobodyElse = {
  outgoing: { deliver: (to: InstitutionId) => Promise.reject(new Undeliverable(to, 'this institution does not run')) },
  incoming: { listen: async () => ({ close: async () => {} }) },
}

/** Opens the key of the person who gives the command. @throws CannotDo */
export async function signerOf(folder: string, { as, passphraseFile }: Signing): Promise<Signer> {
  const text = personKeyOf(folder, as)
  if (text === undefined) throw new CannotDo(`there is no key of ${as} in ${folder}/people`)
  const signer = await openPersonKey(systemRuntime, text, await readPassphrase(as, passphraseFile))
  if (signer === undefined) throw new CannotDo(`that is not the passphrase of ${as}`)
  return signer
}

/** Signs a proposal as its maker, and says how somebody else approves it. */
export async function proposeAt(
  at: AtInstitution,
  kind: string,
  asked: Readonly<Record<string, unknown>>,
  signing: Signing,
): Promise<void> {
  const request = await at.ask('decisions.with-facts', { kind, request: asked })
  const facts = readable(request['facts'], at.entry.currency)
  if (facts.length > 0) process.stdout.write(`What the books say, and is signed with it:\n${facts.join('\n')}\n`)
  const maker = await signerOf(at.folder, signing)
  const drawn = { at: now({ runtime: systemRuntime }), nonce: randomId(systemRuntime) }
  const { why } = signing
  const what = { tenant: at.entry.id, kind, request, ...(why !== undefined && { why }) }
  const proposal = signProposal(maker, what, drawn)
  const proposed = await at.ask('decisions.propose', proposal)
  if (proposed.outcome === 'impossible')
    throw new CannotDo(`it is not proposed, as it could not be done: ${whyNotDone(proposed.why)}`)
  if (proposed.outcome !== 'proposed') throw new CannotDo(refusals[proposed.outcome])
  process.stdout.write(
    `${maker.name} proposes: ${kind} at ${at.entry.id}. Somebody else approves it:\n` +
      `tonebank approve ${at.entry.id} ${proposed.digest}\n`,
  )
}

/** Why a signature was not enough. */
export const refusals = {
  'not-a-proposal': 'nobody at this institution decides such a thing',
  'unknown-proposal': 'nobody proposed that',
  'unknown-person': 'this key is not of anybody who may decide here',
  'not-their-role': 'this is not for somebody of their role to decide',
  'bad-signature': 'the signature is not of that key',
  'one-person-only': 'who proposed it cannot approve it: it takes two people',
  'already-approved': 'it was approved and done before',
  withdrawn: 'whoever proposed it has taken it back',
  'not-its-maker': 'only whoever proposed it can take it back',
  'too-old': 'it was proposed more than a week ago: propose it again',
} as const
