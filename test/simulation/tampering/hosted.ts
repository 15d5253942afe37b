/** Books of a host and of its bank: a payee who was paid and settled, another who is paid no more, and one who was refused. */
import { yuan } from '../../../src/money.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { letLettersArrive } from '../../support/network/network.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

/** `use` gets them while they are open. */
export function withHost<T>(use: (world: World) => Promise<T>): Promise<T> {
  const runtime = new VirtualRuntime({ seed: 114 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime, hosted: true })
    await arePaid(world)
    runtime.jumpWallClock(86_400_000)
    await world.neighbours().nightly()
    await world.harbour.nightly()
    await lettersArrive(world)
    const made = await use(world)
    await world.close()
    return made
  })
}

const lettersArrive = (world: World) =>
  letLettersArrive({
    banks: [{ running: world.harbour }],
    payees: [{ running: world.lantern }],
    hosts: [{ running: world.neighbours() }],
  })

async function arePaid(world: World): Promise<void> {
  const { bank, customers } = world
  const { host } = world.neighbours()
  for (const [payee, whole] of [
    [customers.ada, 30n],
    [customers.bo, 50n],
  ] as const) {
    const being = await bank.becomePayee(payee.account)
    await lettersArrive(world)
    const hosted = being.outcome === 'payee' ? await bank.findPayee(being.number) : undefined
    if (hosted === undefined) throw new Error(`the books could not be made: ${being.outcome}`)
    const order = { buyer: customers.cai.account, payee: hosted.id, amount: yuan(50n), channel: 'telephone' } as const
    const sale = await bank.sellVoucher({ intent: intentId(`for ${payee.pin}`), ...order })
    if (sale.outcome !== 'sold') throw new Error(`the books could not be made: ${sale.outcome}`)
    await lettersArrive(world)
    await host.findPayee({ number: hosted.number, origin: aPhone })
    const merchant = host.at(hosted.id)
    const opened = await merchant.openVoucher({ ...sale.voucher, origin: aPhone })
    if (opened.outcome !== 'open') throw new Error(`the books could not be made: ${opened.outcome}`)
    await merchant.pay({ intent: intentId(`to ${payee.pin}`), session: opened.session, amount: yuan(whole) })
  }
  await bank.stopBeingPaid(customers.bo.account)
  await lettersArrive(world)
}
