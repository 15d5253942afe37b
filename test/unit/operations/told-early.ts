/** A process that is told things before it serves (`told-early.test.ts`): says over its channel what it heard once it listened. */
import { dismissedEarly, untilDismissed } from '../../../src/operations/brief.ts'

const early = dismissedEarly()
process.send?.('starting')
// The parent has said all that it says early.
await new Promise<void>(resolve => process.on('message', message => message === 'serve' && resolve()))
const isLeaving = early.signal.aborted
const came = early.heard()
const heard = (what: string) => async () => void process.send?.(`heard ${what}`)
process.send?.(isLeaving ? 'leaving' : 'serving')
await untilDismissed({ drain: heard('drain'), end: heard('end'), came })
process.send?.('heard stop', () => process.disconnect())
