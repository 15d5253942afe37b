/** Each check of the judgement, taken out of a copy of the code: a trial says so. */
import { afterAll, expect, test } from 'vitest'
import type { judgeOrder } from '../../../src/card/judge.ts'
import type { Edit } from '../../support/edit-once.ts'
import { Copies, never } from './copies.ts'
import { trials, verdictOf } from './trials.ts'

const judgeFile = 'src/card/judge.ts'
const copies = new Copies()
afterAll(() => copies.dispose())

const faults: readonly Edit[] = [
  never('the receiver is not compared', "if (order.receiver !== receiver) return { reason: 'other-receiver' }"),
  never('a foreign nonce is taken', "if (asked.state === 'foreign') return"),
  never('a used nonce is taken', "if (asked.state === 'used') return"),
  never('nobody compares with what was asked', 'if (field !== undefined) return'),
  never('no answer is late', 'if (now > order.expiresAt) return'),
  { name: 'no answer is early', find: 'return now < order.issuedAt - clocksDiffer ?', replace: 'return false ?' },
  never('an unknown card is one from elsewhere', "if (card === 'unknown') return refused({ reason: 'unknown-card' })"),
  never('cards are not looked at', "if (card !== 'elsewhere') {"),
  never('counters are not compared', 'if (witness.counter <= card.counter) return'),
  never('signatures are not verified', 'if (!(await runtime.offThread(isSign1By(card.key, message)))) return'),
  never('the issuer is not compared', 'if (order.issuer !== card.issuer) return'),
  never('the account is not compared', 'if (order.account !== card.account) return'),
  never('blocked and revoked cards go on', "if (card.state !== 'active') return"),
  { name: 'no card expires', find: 'return now > card.expiresAt ?', replace: 'return false ?' },
  { name: 'payees are not looked at', find: "'payee' in order ?", replace: 'false ?' },
  never('an unknown payee is paid', "if (known === 'unknown') return"),
  never('names are not compared', "if (known !== 'elsewhere' && known.name !== payee.name) return"),
  { name: 'anybody collects for anybody', find: 'return collects && !', replace: 'return false && !' },
  never('what only the issuer can tell is genuine', "if (card === 'elsewhere') return { outcome: 'plausible'"),
  never(
    'a password that cannot be opened is right',
    "if (opened === undefined) return { reason: 'password-unopenable' }",
  ),
  never('what is undecided is right', "if (compared === 'undecided') return"),
  { name: 'any password is right', find: "return compared === 'right' ?", replace: 'return true ?' },
  {
    name: 'the password is not judged',
    find: 'if (password === undefined) return undefined',
    replace: 'if (password !== null) return undefined',
  },
]

const all = await trials()

/** The trials that a copy of the judge does not end as they should. */
async function found(fault?: Edit): Promise<string[]> {
  const copy = (await copies.of(judgeFile, judgeFile, fault)) as { judgeOrder: typeof judgeOrder }
  const wrong: string[] = []
  for (const trial of all) {
    const verdict = await trial.run(copy.judgeOrder).then(verdictOf, error => String(error))
    if (verdict !== trial.expected) wrong.push(trial.name)
  }
  return wrong
}

test('a copy without a fault passes every trial', async () => {
  expect(await found()).toEqual([])
})

test.each(faults)('$name: found', async fault => {
  expect(await found(fault)).not.toEqual([])
})
