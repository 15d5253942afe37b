/** A machine of the bank: opens its books as they are kept, stands by while another serves, and sells as soon as it serves itself. */
import { startIn } from '../../src/bank/start.ts'
import { bankTables } from '../../src/bank/tables.ts'
import { drawIntentId } from '../../src/ids.ts'
import { openPremises, type Premises } from '../../src/institution/premises.ts'
import { Cancellation, systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { usualTimes } from '../../src/store/keeper/place.ts'
import { bankSettings, buyersOf, nowhere, openBuyers, payee, price, putInStock } from '../ledger/stocked-bank.ts'
import { atOnce } from '../ledger/turns.ts'
import { customers, type MachineOrder, type Said, type Task, type Told } from './orders.ts'

const runtime = systemRuntime
const buyers = buyersOf(customers)
/** So that one record of the log has no more than a group of sales has. */
const confirmedAtOnce = 128

function tell(said: Said, more: Partial<Told> = {}): void {
  process.send?.({ said, atNs: process.hrtime.bigint(), ...more } satisfies Told)
}

process.once('disconnect', () => process.exit())
process.once('message', async (order: MachineOrder) => {
  const { folder, keeper, isFirst, leaseMs } = order
  const keeping = keeper && {
    keeper: { ...keeper, password: new Secret(keeper.password) },
    times: { ...usualTimes, leaseMs },
    lost: (cause: unknown) => {
      process.stderr.write(`${cause}\n`)
      process.exit(1)
    },
    standingBy: (why: string) => {
      if (why === 'another process has the lease') tell('waiting')
    },
    preparing: () => tell('preparing'),
    signal: new Cancellation(),
  }
  const premises = await openPremises(runtime, { id: bankSettings.id, folder, keeping }, bankTables)
  const running = await startIn(premises, bankSettings, runtime, nowhere)
  if (isFirst) await openBuyers(running, runtime, customers)
  tell('serving')
  const sell = async (buyer = buyers[0]) => {
    if (buyer === undefined) throw new Error('there is no customer')
    const order = { buyer, payee, amount: price, channel: 'telephone' } as const
    const sale = await running.bank.sellVoucher({ intent: drawIntentId(runtime), ...order })
    if (sale.outcome !== 'sold') throw new Error(`a sale ended ${sale.outcome}`)
  }
  if (!isFirst && keeper) {
    await sell()
    tell('sold')
  }
  process.on('message', async (task: Task) => {
    switch (task.task) {
      case 'stock':
        await putInStock(premises, runtime, task.from, task.to)
        return tell('done')
      case 'sell': {
        const perSecond = await atOnce(buyers, task.count, sell)
        await confirm(premises)
        return tell('done', { perSecond })
      }
      case 'checkpoint':
        await running.nightly()
        return tell('done')
      case 'close':
        await running.close()
        return tell('done')
    }
  })
})

/** As every buyer does in the call in which they buy: "confirmed" is noted, and the password's key destroyed. Here many at once. */
async function confirm({ store, recordKeys }: Premises): Promise<void> {
  const sold = await store.read(tx =>
    tx.all<{ id: string; key: string }>(
      `SELECT sale.id, password_key AS key FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
         AND stock.batch = sale.batch AND stock.serial = sale.serial WHERE confirmed_at IS NULL`,
    ),
  )
  await recordKeys.destroy(sold.map(({ key }) => key))
  for (let from = 0; from < sold.length; from += confirmedAtOnce)
    await store.execute(async tx => {
      for (const { id } of sold.slice(from, from + confirmedAtOnce))
        await tx.run(
          'UPDATE sale SET confirmed_at = sold_at, password_destroyed = 1 WHERE tenant = ? AND id = ?',
          bankSettings.id,
          id,
        )
    })
}
