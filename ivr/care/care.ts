/**
 * A caller would rather talk to somebody: `0` again in a help, on whichever line. They wait for a clerk, or are called back by one; afterwards
 * they are where they were.
 */
import type { Call, Sentence } from '../../src/phone/call.ts'
import type { Place } from '../../src/phone/care/queue.ts'
import { utterance } from '../../src/speech/speech.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'
import { askForCallBack } from './ask-for-call-back.ts'
import type { CareDesk } from './care-desk.ts'

const sayPlaceEveryMs = 20_000

export async function care(call: Call, desk: CareDesk): Promise<void> {
  if (!(await untilKnown(call, () => desk.isOpen()))) {
    await call.say('care.closed')
    return askForCallBack(call, desk)
  }
  if (!desk.admits(originOf(call))) {
    await call.say('care.too-often')
    return askForCallBack(call, desk)
  }
  const place = desk.queue.join(call.clerks)
  try {
    await untilServed(call, desk, place)
  } finally {
    place.leave()
  }
}

async function untilServed(call: Call, desk: CareDesk, place: Place): Promise<void> {
  const waited = await call.waitFor('care.wait', {
    phrase: 'care.wait',
    work: place.served,
    choices: { '1': 'call-back' },
    meanwhile: () => placeOf(place),
    everyMs: sayPlaceEveryMs,
  })
  if ('chose' in waited) {
    // No clerk is rung for somebody who is to be called back.
    place.leave()
    return askForCallBack(call, desk)
  }
  switch (waited.came) {
    case 'nobody':
      await call.say('care.nobody')
      return askForCallBack(call, desk)
    case 'closing':
      await call.say('care.closing')
      return askForCallBack(call, desk)
    default:
      await call.talkWith(waited.came, { ...desk.clerkMay, toCaller: utterance('care.connected', {}) })
      return call.say('care.over')
  }
}

function placeOf({ ahead }: Place): Sentence {
  if (ahead === 0) return utterance('care.wait.next', {})
  return ahead === 1 ? utterance('care.wait.one-ahead', {}) : utterance('care.wait.ahead', { ahead })
}
