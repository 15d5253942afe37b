/**
 * Payment terminals in calls, as a process of its own: each has the terminal's own telephone, answers whatever it is asked with a message
 * as long as a signed one, and waits for the result, again and again until it is told to stop.
 */
import { frameTypes } from '../../src/card/messages/frame-types.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { type SealedSecret, secretCodec } from '../../src/secret.ts'
import { TerminalExchange } from '../../src/terminal/exchange.ts'
import { SipPhone } from '../../src/terminal/sip/phone.ts'

export interface TerminalsOrder {
  readonly exchange: { readonly host: string; readonly port: number }
  readonly user: string
  readonly password: SealedSecret
  readonly number: string
  readonly terminals: number
}

/** What came of it, each terminal's last exchange included. */
export interface Exchanged {
  /** Their result came. */
  readonly whole: number
  /** How the others ended. */
  readonly broken: readonly string[]
  /** Calls that did not come about, or ended before they were hung up here. */
  readonly failedCalls: readonly string[]
  /** Frames of V.21: where 1200 baud had failed twice. */
  readonly slow: number
  readonly ms: number
}

/** A signed answer, as `docs/protocol.md` counts it. */
const answerBytes = 195
/** Terminals do not all begin at once. */
const apartMs = 700

process.once('message', async (order: TerminalsOrder) => {
  const { exchange, user, password, number, terminals } = order
  const account = { user, password: secretCodec.decode(password) }
  const phone = new SipPhone({ exchange: { ...exchange, transport: 'udp' }, account }, systemRuntime)
  const done = { whole: 0, broken: [] as string[], failedCalls: [] as string[], slow: 0 }
  let isOver = false
  process.once('message', () => {
    isOver = true
  })

  const callOnce = async () => {
    const opened = await phone.open(number)
    if (opened.outcome !== 'open') {
      done.failedCalls.push(opened.outcome)
      return
    }
    const { line } = opened
    let hasEnded = false
    void line.ended.then(end => {
      hasEnded = true
      if (end !== 'hung up here') done.failedCalls.push(end)
    })
    const talk = new TerminalExchange(line, systemRuntime)
    while (!isOver && !hasEnded) {
      const { outcome } = await talk.take({
        onRequest: async (_, mode) => {
          if (mode !== 'v23') done.slow++
          return { sound: { type: frameTypes.answer, keyId: 1, payload: systemRuntime.random(answerBytes) } }
        },
        onResult: () => {},
      })
      if (outcome === 'result') done.whole++
      else done.broken.push(outcome)
    }
    await line.hangUp()
  }

  const beganMs = systemRuntime.monotonicMs()
  const calls: Promise<void>[] = []
  for (let terminal = 0; terminal < terminals; terminal++) {
    calls.push(callOnce())
    await systemRuntime.sleep(apartMs)
  }
  process.send?.('ready')
  await Promise.all(calls)
  const exchanged: Exchanged = { ...done, ms: systemRuntime.monotonicMs() - beganMs }
  process.send?.(exchanged, () => process.exit())
})

// Ctrl-C does not reach it in a group of its own: it goes with whoever started it.
process.once('disconnect', () => process.exit())
