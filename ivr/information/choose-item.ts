/** What there is to hear: title by title, until one is chosen. Its price is told before anything costs money. */
import type { CatalogueItem, Information } from '../../src/merchant/information/information.ts'
import type { VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { listen } from './listen.ts'

export async function chooseItem(
  call: Call,
  payee: Information,
  session: VoucherSession,
): Promise<'leave' | undefined> {
  const { catalogue } = payee
  for (const [index, item] of catalogue.entries()) {
    await call.say('listen.item', { title: item.title })
    if ((await askWhatNext(call, index === catalogue.length - 1)) === 'next') continue
    if (await agrees(call, item)) return listen(call, payee, session, item)
    await call.say('cancelled')
    return undefined
  }
  return undefined
}

/** From the last one the way leads back. */
function askWhatNext(call: Call, isLast: boolean): Promise<'this' | 'next'> {
  if (isLast) return call.choose('listen.last', { phrase: 'listen.last', choices: { '1': 'this' } })
  return call.choose('listen.next', { phrase: 'listen.next', choices: { '1': 'this', '2': 'next' } })
}

function agrees(call: Call, { price, unitMs }: CatalogueItem): Promise<boolean> {
  if (unitMs === undefined) return call.confirm('listen.confirm.item', { price })
  if (unitMs === 60_000) return call.confirm('listen.confirm.minute', { price })
  return call.confirm('listen.confirm.seconds', { price, seconds: unitMs / 1_000 })
}
