/**
 * Books of a bank that exchanges money with another: sent and credited, refused, given up by two people, credited there after
 * that, on its way, and received. And of a payee that takes its cards.
 */
import { bothSign } from '../../../demo/two-people.ts'
import { nameOnOrder } from '../../../src/bank/cards/payee-name.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { asDigits, issuedTo, signedBy } from '../../support/cards.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { accountNumber, institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const garden = institutionId('garden')

/** `use` gets them while they are open. */
export function withOtherBank<T>(use: (world: World) => Promise<T>): Promise<T> {
  const runtime = new VirtualRuntime({ seed: 113 })
  let line: 'open' | 'mute' | 'cut' = 'open'
  const next = ({ from, to }: { from: string; to: string }) => {
    if (line === 'open') return {}
    if (line === 'mute' && to === garden) return { lost: 'back' } as const
    return from === garden || to === garden ? ({ lost: 'there' } as const) : {}
  }
  return runtime.run(async () => {
    const world = await openWorld({
      ...{ runtime, banks: 2, weather: { next } },
      payee: { cards: { number: 8001, collectsAt: 'harbour' } },
    })
    const { account: emma } = world.neighbour ?? { account: accountNumber('1') }
    const { ada } = world.customers
    const send = (name: string, to = emma) => {
      const order = { from: ada.account, to, amount: yuan(20n), channel: 'telephone' } as const
      return world.bank.transfer({ intent: intentId(name), ...order })
    }
    await world.bank.nameHolder({ by: ada.account, account: emma })
    await send('credited')
    await send('refused', accountNumber('6300000000'))
    await world.other().bank.transfer({
      ...{ intent: intentId('received'), from: emma, to: ada.account, amount: yuan(7n), channel: 'telephone' },
    })
    const nobody = accountNumber('6200000000')
    await world.other().bank.transfer({
      ...{ intent: intentId('not taken'), from: emma, to: nobody, amount: yuan(3n), channel: 'telephone' },
    })
    await goBack(world, runtime)
    await settleUp(world, runtime)
    line = 'mute'
    await send('overtaken')
    await giveUp(world)
    line = 'open'
    await runtime.sleep(120_000)
    await world.harbour.mail.idle()
    await world.other().mail.idle()
    await clearSuspense(world)
    await collect(world)
    await refundToCard(world, runtime)
    line = 'cut'
    await send('given up')
    await giveUp(world)
    await send('on its way')
    const made = await use(world)
    await world.close()
    return made
  })
}

/** A payee is paid by a card, refused a payment with a wrong password, asks for more and is asked about another; a card is blocked. */
async function collect(world: World): Promise<void> {
  const { harbour, lantern, merchant, runtime, staff, customers } = world
  const { cai, bo, dora } = customers
  const arrived = async () => {
    harbour.mail.wake()
    await harbour.mail.idle()
    await lantern.mail.idle()
  }
  const admission = { receiver: 'lantern', bank: 'harbour', account: bo.account, name: nameOnOrder(bo.name) }
  await bothSign(harbour, runtime, staff, 'admit-receiver', admission)
  await arrived()
  const card = await issuedTo(harbour, runtime, staff, { account: cai.account })
  await issuedTo(harbour, runtime, staff, { account: dora.account })
  const ask = async (name: string) => {
    const asked = await merchant.askByCard({ intent: intentId(name), amount: yuan(50n) })
    if (asked.outcome !== 'asked') throw new Error(`the books could not be made: ${asked.outcome}`)
    return asked.request
  }
  for (const [name, keyed] of [
    ['paid by card', card.password],
    ['wrong password', new Secret('55667788')],
  ] as const) {
    const request = await ask(name)
    const answer = asDigits(await signedBy(runtime, card, request, 'agreed', keyed))
    const paid = await merchant.payByCard({ intent: intentId(name), nonce: request.nonce, answer })
    if (paid.outcome === 'unknown') throw new Error(`the books could not be made: ${paid.outcome}`)
  }
  await merchant.becameOfCard({ card: card.number, counter: 77, nonce: new Uint8Array(8) })
  await ask('more by card')
  await harbour.bank.block({ intent: intentId('lost card'), account: dora.account, what: 'card', channel: 'telephone' })
  await arrived()
}

/** Of what the card paid some is given back, out of what a voucher paid on the same day. */
async function refundToCard(world: World, clock: VirtualRuntime): Promise<void> {
  const { lantern, vouchers } = world
  await payWith(world, vouchers.confirmed, 'by voucher', yuan(20n))
  const payment = (await lantern.clerk.cardPayments(9)).find(({ state }) => state === 'paid')
  const refunded = await lantern.clerk.refundCard({
    ...{ intent: intentId('to the card'), payment: payment?.id ?? intentId('none'), amount: yuan(5n) },
    ...{ clerk: 'lin', reason: 'torn' },
  })
  if (refunded.outcome !== 'refunded') throw new Error(`the books could not be made: ${refunded.outcome}`)
  clock.jumpWallClock(86_400_000)
  await lantern.nightly()
  await settleAll(world)
}

async function night(world: World, clock: VirtualRuntime): Promise<void> {
  clock.jumpWallClock(86_400_000)
  for (const bank of [world.harbour, world.other()]) await bank.nightly()
  await letAllArrive(world)
}

async function letAllArrive({ harbour, ...world }: World): Promise<void> {
  for (let round = 0; round < 6; round++)
    for (const { dayEnd, mail } of [harbour, world.other()]) {
      await dayEnd.idle()
      await mail.idle()
    }
}

/** The books go back to before a credit and the statement that told of it: the other bank holds both. */
async function goBack(world: World, clock: VirtualRuntime): Promise<void> {
  await letAllArrive(world)
  const before = await world.harbour.store.snapshot()
  await world.other().bank.transfer({
    ...{ intent: intentId('lost'), from: world.neighbour?.account ?? accountNumber('1') },
    ...{ to: world.customers.ada.account, amount: yuan(2n), channel: 'telephone' },
  })
  await night(world, clock)
  await world.putBack('bank', before)
  await world.harbour.recovery.begun
  await letAllArrive(world)
  const { outcome } = await bothSign(world.harbour, clock, world.staff, 'release-recovery', {})
  if (outcome !== 'released') throw new Error(`the books could not be made: ${outcome}`)
}

/** A date ends, both tell each other, the difference is paid and seen; and another one, which is paid and not seen yet. */
async function settleUp(world: World, clock: VirtualRuntime): Promise<void> {
  const { runtime, staff, gardenStaff, customers, neighbour } = world
  const pay = async (minor: bigint) => {
    const { outcome } = await bothSign(world.harbour, runtime, staff, 'settle-bank', { bank: 'garden', minor })
    if (outcome !== 'paid') throw new Error(`the books could not be made: ${outcome}`)
    await world.harbour.mail.idle()
  }
  await night(world, clock)
  await pay(1_100n)
  const [open] = (await world.other().teller.standings())[0]?.settlements ?? []
  const confirmation = { bank: 'harbour', settlement: open?.id }
  if (gardenStaff) await bothSign(world.other(), runtime, gardenStaff, 'confirm-settlement', confirmation)
  await world.other().mail.idle()
  const more = { from: customers.ada.account, to: neighbour?.account ?? accountNumber('1'), amount: yuan(4n) }
  await world.bank.transfer({ intent: intentId('more'), ...more, channel: 'telephone' })
  await night(world, clock)
  await pay(400n)
}

/** What was overtaken is taken from its sender after all. */
async function clearSuspense({ harbour, runtime, staff, customers: { ada } }: World): Promise<void> {
  const [waiting] = await harbour.teller.suspense()
  const request = { item: waiting?.item, to: { account: ada.account }, why: 'she knows that it arrived' }
  const { outcome } = await bothSign(harbour, runtime, staff, 'clear-suspense', request)
  if (outcome !== 'cleared') throw new Error(`the books could not be made: ${outcome}`)
}

async function giveUp({ harbour, runtime, staff }: World): Promise<void> {
  const [pending] = await harbour.teller.pendingTransfers()
  const { done, outcome } = await bothSign(harbour, runtime, staff, 'return-transfer', {
    ...{ transfer: pending?.id, why: 'it does not answer any more' },
  })
  if (!done) throw new Error(`the books could not be made: ${outcome}`)
}
