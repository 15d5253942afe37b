/** Nobody is there, or the caller would rather not wait: people call them back, on the number that they call from or on another. */
import { telephoneNumber } from '../../src/institution/call-backs.ts'
import { accepted, type Call } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'
import type { CareDesk } from './care-desk.ts'

export async function askForCallBack(call: Call, desk: CareDesk): Promise<void> {
  const telephone = await askNumber(call)
  const request = { telephone, language: call.language, origin: originOf(call) }
  switch ((await untilKnown(call, () => desk.askForCallBack(request))).outcome) {
    case 'noted':
      return call.say('care.call-back.noted')
    case 'full':
      return call.refuse('care.call-back.full')
    case 'too-many':
      return call.refuse('care.call-back.too-many')
  }
}

async function askNumber(call: Call): Promise<string> {
  const { callerNumber } = call
  if (callerNumber !== undefined && telephoneNumber.test(callerNumber)) {
    const values = { number: callerNumber.replace('+', '') }
    const choices = { '1': 'this', '2': 'another' } as const
    if ((await call.choose('care.call-back', { phrase: 'care.call-back', values, choices })) === 'this')
      return callerNumber
  }
  return call.ask('care.number', { phrase: 'care.number', digits: { min: 3, max: 15 }, accept: accepted })
}
