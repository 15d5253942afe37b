/**
 * Plays an item. Every unit is paid for before it is heard, and whatever ends the call, what was begun is what it costs. Then
 * the caller hears what that came to.
 */
import type { CatalogueItem, Information } from '../../src/merchant/information/information.ts'
import type { VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call, UnitPaid } from '../../src/phone/call.ts'
import { askedAgain, carryOut, orNoAnswer, untilKnown } from '../dialogs/carry-out.ts'
import { sessionEnded } from '../merchant/session-ended.ts'

export async function listen(
  call: Call,
  payee: Information,
  session: VoucherSession,
  item: CatalogueItem,
): Promise<'leave' | undefined> {
  const lastsMs = Math.ceil(call.lengthOf('listen.work', { work: item.work }))
  const beginning = await carryOut(call, ['listening', session.voucher], intent =>
    payee.beginListening({ intent, session, item: item.id, lastsMs }),
  )
  switch (beginning.outcome) {
    case 'begun':
      return hear(call, payee, item, beginning.listening)
    case 'insufficient-value':
      await call.refuse('listen.too-little', { left: beginning.remaining, price: beginning.price })
      return undefined
    case 'locked':
      await call.refuse('listen.locked')
      return 'leave'
    case 'under-review':
      await call.refuse('voucher.under-review')
      return 'leave'
    case 'unknown-item':
    case 'intent-reused':
      await call.refuse('pay.refused')
      return undefined
    case 'session-ended':
      return sessionEnded(call)
  }
}

async function hear(
  call: Call,
  payee: Information,
  { work, unitMs }: CatalogueItem,
  listening: string,
): Promise<'leave' | undefined> {
  const end = () => untilKnown(call, () => payee.endListening({ listening }))
  const meter = {
    unitMs,
    pay: (unit: number) => askedAgain(() => pay(payee, listening, unit)),
    begun: (unit: number) => askedAgain(() => payee.unitBegun({ listening, unit })),
    almostOver: 'listen.almost-over',
  } as const
  const play = async () => {
    await call.say('listen.begins')
    return call.hear('listen.work', { work }, meter)
  }
  const how = await orNoAnswer(call, play()).catch(async left => {
    await end()
    throw left
  })
  const { paid, remaining, reference } = await end()
  if (how === 'refused') await call.say('listen.money-over')
  if (paid.minor === 0n) await call.say('listen.nothing')
  else if (remaining.minor > 0n) await call.say('listen.done', { amount: paid, left: remaining, reference })
  else {
    await call.say('listen.done.exhausted', { amount: paid, reference })
    return 'leave'
  }
  return undefined
}

async function pay(payee: Information, listening: string, unit: number): Promise<UnitPaid> {
  const paid = await payee.payUnit({ listening, unit })
  return paid.outcome === 'paid' ? { more: paid.more } : 'refused'
}
