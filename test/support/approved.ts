/** An `Approved`, made as everywhere: by two people whose signatures are verified. */
import {
  Approved,
  type Approved as ApprovedType,
  keepProposal,
  signApproval,
  signProposal,
} from '../../src/keys/approval.ts'
import { addFirstPeople, peopleMigrations } from '../../src/keys/people.ts'
import { drawSigner } from '../../src/keys/person-key.ts'
import { type Runtime, randomId, systemRuntime } from '../../src/runtime.ts'
import { openStore } from '../../src/store/open.ts'
import { establish } from '../../src/store/tenants.ts'
import { institutionId } from './ids.ts'

const anybody = institutionId('anybody')

export async function approvedByTwo(runtime: Runtime = systemRuntime): Promise<ApprovedType> {
  const store = openStore({ runtime, at: { memory: 'empty' }, migrations: peopleMigrations })
  const [maker, checker] = [drawSigner(runtime, 'mei').signer, drawSigner(runtime, 'chen').signer]
  const rolesOf = () => ['officer'] as const
  const drawn = { at: 0, nonce: randomId(runtime) }
  const proposal = signProposal(maker, { tenant: anybody, kind: 'anything', request: {} }, drawn)
  const approved = await store.execute(async tx => {
    await establish(tx, anybody)
    await addFirstPeople(tx, anybody, [maker, checker], 0)
    const kept = await keepProposal(tx, anybody, proposal, rolesOf, 0)
    if (kept.outcome !== 'proposed') throw new Error(kept.outcome)
    return Approved.verify(tx, anybody, signApproval(checker, kept.digest), rolesOf, 0)
  })
  await store.close()
  if (!(approved instanceof Approved)) throw new Error(approved.outcome)
  return approved
}
