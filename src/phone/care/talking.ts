/**
 * A caller and a clerk talk. As `Call.talkWith`.
 *
 *   parted ──1 joined──▶ talking ──2 a key of the clerk's──▶ parted: what it stands for is done with the caller,
 *      ▲                    │                                        the clerk waits, and hears what became of it
 *      │                    └─3 the clerk leaves ──▶ over
 *      └────────────────────────────────────────────────┘
 *
 * The clerk hears a tone when the two are parted and another before they are joined again, and so knows that silence is no broken call.
 * While they are parted nothing that the caller says or keys reaches the clerk, in whichever way their telephone sends it. What is keyed in
 * the midst of a talk answers nothing.
 */
import type { Utterance } from '../../speech/speech.ts'
import { say } from '../asking.ts'
import { type Talk, WentBack } from '../call.ts'
import type { ClerkLeg, Key } from '../line.ts'
import type { Session } from '../session.ts'

export async function talk(session: Session, clerk: ClerkLeg, { greeting, toCaller, keys }: Talk): Promise<void> {
  let isGone = false
  let wished: Key | undefined
  void clerk.gone.then(() => {
    isGone = true
    session.ring()
  })
  clerk.listen(key => {
    if (!(key in keys)) return
    wished = key as Key
    session.ring()
  })
  const untilMs = session.nowMs + session.limits.talkMs
  try {
    let isGreeted = false
    void clerk.say(promptOf(session, greeting)).then(() => {
      isGreeted = true
      session.ring()
    })
    const isOver = () => isGone || wished !== undefined
    await session.play([toCaller], { interruptible: false, isOver: () => isGone })
    // A key of the clerk's cuts the greeting short.
    await session.settle(() => isGreeted || isOver(), untilMs - session.nowMs)
    while (!isGone && session.nowMs < untilMs) {
      if (wished === undefined) await joined(session, clerk, isOver, untilMs)
      const wish = wished === undefined ? undefined : (keys as Record<Key, () => Promise<Utterance>>)[wished]
      if (isGone || wish === undefined) continue
      const became = await session.asideOf(
        () => isGone,
        () => parted(session, clerk, wish),
      )
      // What they press while they hear what became of it counts.
      wished = undefined
      await clerk.say(promptOf(session, became))
      if (wished === undefined) await clerk.signal('together')
    }
  } finally {
    session.loseBurst()
    await clerk.hangUp()
  }
}

async function joined(session: Session, clerk: ClerkLeg, isOver: () => boolean, untilMs: number): Promise<void> {
  const both = await session.line.join?.(clerk)
  if (both === undefined) throw new Error('this line joins nobody')
  const hearAgain = session.divertDigits(() => {})
  try {
    await session.settle(isOver, untilMs - session.nowMs)
  } finally {
    hearAgain()
    await both.part()
  }
}

/** A caller who goes back, or gives up, goes back to the talk; so they do as the clerk leaves. */
async function parted(session: Session, clerk: ClerkLeg, wish: () => Promise<Utterance>): Promise<Utterance> {
  session.loseBurst()
  await clerk.signal('apart')
  // The caller does not wait until it was said.
  void clerk.say(promptOf(session, say('care.clerk.keying')))
  try {
    return await wish()
  } catch (left) {
    if (left instanceof WentBack) return say('care.clerk.went-back')
    throw left
  }
}

function promptOf({ speech, language }: Session, utterance: Utterance) {
  const text = speech.text(language, utterance)
  return { language, clips: speech.clips(language, utterance), text, revealed: () => text }
}
