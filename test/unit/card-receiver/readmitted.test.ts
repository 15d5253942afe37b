/** An old proposal is no leave for what came since: whom two people have dismissed is admitted by no proposal that was made before. */
import { expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { nameOnOrder } from '../../../src/bank/cards/payee-name.ts'
import { signApproval, signProposal } from '../../../src/keys/approval.ts'
import { now, randomId } from '../../../src/runtime.ts'
import { openCardPayee } from '../../support/card-payee.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('a receiver that was dismissed is not admitted by what was proposed before', () => {
  const runtime = new VirtualRuntime({ seed: 920 })
  return runtime.run(async () => {
    const { world } = await openCardPayee(runtime)
    const { harbour, staff, customers } = world
    const { decisions } = harbour
    const request = await decisions.withFacts('admit-receiver', {
      ...{ receiver: 'lantern', bank: 'harbour', account: customers.bo.account, name: nameOnOrder(customers.bo.name) },
    })
    const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
    const proposed = await decisions.propose(
      signProposal(staff.maker, { tenant: harbour.card.institution, kind: 'admit-receiver', request }, drawn),
    )
    if (proposed.outcome !== 'proposed') throw new Error(proposed.outcome)
    const dismissed = await bothSign(harbour, runtime, staff, 'dismiss-receiver', { receiver: 'lantern' })
    expect(dismissed).toMatchObject({ done: true })
    const approved = await decisions.approve(signApproval(staff.checker, proposed.digest))
    expect(approved).toMatchObject({ done: false, outcome: 'other-facts' })
    await world.close()
  })
})
