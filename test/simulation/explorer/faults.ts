/**
 * Faults that a script could have, each one edit of one file. The explorer finds every one of them by its
 * general rules: it knows none of them.
 */
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Edit, edited } from '../../support/edit-once.ts'
import type { LineName } from './line-name.ts'

export interface Fault extends Edit {
  readonly line: LineName
  /** Below `ivr/`. */
  readonly file: string
}

export const faults: readonly Fault[] = [
  {
    name: 'a password that a key can cut short',
    line: 'bank',
    file: 'bank/tell-voucher.ts',
    find: "'voucher.password', { password }, { inFull: true, slowly }",
    replace: "'voucher.password', { password }",
  },
  {
    name: 'a voucher number that a key can cut short',
    line: 'bank',
    file: 'bank/tell-voucher.ts',
    find: "'voucher.number', { number }, { inFull: true, slowly }",
    replace: "'voucher.number', { number }",
  },
  {
    name: 'a voucher counts as heard before it is told',
    line: 'bank',
    file: 'bank/tell-voucher.ts',
    find: "  if (!(await tellUntilWritten(call, voucher))) return call.say('voucher.kept')\n",
    replace:
      "  await bank.confirmHeard({ buyer: account, voucher: voucher.id })\n  if (!(await tellUntilWritten(call, voucher))) return call.say('voucher.kept')\n",
  },
  {
    name: 'pressing 1 tells the voucher for ever',
    line: 'bank',
    file: 'bank/tell-voucher.ts',
    find: "=== 'written') return true",
    replace: "=== 'neither') return true",
  },
  {
    name: 'an untold voucher is not offered at the next sign-in',
    line: 'bank',
    file: 'bank/bank-line.ts',
    find: '  await tellUnconfirmedVouchers(call, bank, customer)\n',
    replace: '',
  },
  {
    name: 'a call that goes on with a PIN that was changed since',
    line: 'bank',
    file: 'bank/still-signed-in.ts',
    find: '(await call.during(bank.isSignedIn(customer)))',
    replace: '(await call.during(bank.isSignedIn(customer)).then(() => true))',
  },
  {
    name: 'one intent for every purchase of a call',
    line: 'bank',
    file: 'dialogs/carry-out.ts',
    find: '  const { id } = await call.intent(name, principal)\n',
    replace:
      '  const { id } = intents.get(call) ?? (await call.intent(name, principal))\n  intents.set(call, { id })\n',
  },
  {
    name: 'a doubtful request is made again under another intent',
    line: 'bank',
    file: 'dialogs/carry-out.ts',
    find: '  const { id } = await call.intent(name, principal)\n  return untilKnown(call, () => request(id))\n',
    replace: '  return untilKnown(call, async () => request((await call.intent(name, principal)).id))\n',
  },
  {
    name: 'a doubtful request is not asked for again',
    line: 'bank',
    file: 'dialogs/carry-out.ts',
    find: 'if (!isDoubtful(failure)) throw failure\n      if (tries',
    replace: 'if (isDoubtful(failure)) throw failure\n      if (tries',
  },
  {
    name: 'what is read back is not the amount that was chosen',
    line: 'bank',
    file: 'bank/buy-voucher.ts',
    find: "call.confirm('buy.confirm', { amount, payee: payee.name })",
    replace: "call.confirm('buy.confirm', { amount: onOffer[0] ?? amount, payee: payee.name })",
  },
  {
    name: 'no means yes',
    line: 'bank',
    file: 'bank/transfer.ts',
    find: "if (!(await call.confirm('transfer.confirm'",
    replace: "if ((await call.confirm('transfer.confirm'",
  },
  {
    name: 'money moves without being confirmed',
    line: 'merchant',
    file: 'merchant/pay.ts',
    find: "if (!(await call.confirm('pay.confirm', { amount, payee: merchant.name }))) {",
    replace: 'if (amount.minor < 0n) {',
  },
  {
    name: 'the name of the payee is not read back',
    line: 'bank',
    file: 'bank/ask-payee.ts',
    find: "  await call.say('buy.payee.is', { payee: payee.name })\n",
    replace: '',
  },
  {
    name: 'too little money, and nothing is said',
    line: 'bank',
    file: 'bank/buy-voucher.ts',
    find: "        return call.refuse('buy.insufficient-funds', { balance: sale.balance })\n",
    replace: '        return\n',
  },
  {
    name: 'a key that leads to the wrong conversation',
    line: 'bank',
    file: 'bank/bank-line.ts',
    find: "'4': own(recentTransactions)",
    replace: "'4': own(myVouchers)",
  },
  {
    name: 'the nearest amount above is called the one below',
    line: 'bank',
    file: 'bank/ask-denomination.ts',
    find: 'return { below, above, another: undefined }[chosen]',
    replace: 'return { below: above, above: below, another: undefined }[chosen]',
  },
  {
    name: 'a new PIN gets into a sentence',
    line: 'bank',
    file: 'dialogs/ask-new-secret.ts',
    find: "turnedAway('different', 'different', different)",
    replace: "turnedAway('different', 'different', 'buy.payee.unknown', { number: keys })",
  },
  {
    name: 'a PIN is asked like any number',
    line: 'bank',
    file: 'bank/sign-in.ts',
    find: '    digits: { min: pinDigits, max: pinDigits },\n    secret: true,\n',
    replace: '    digits: { min: pinDigits, max: pinDigits },\n',
  },
  {
    name: 'a PIN that was keyed differently the second time is taken',
    line: 'bank',
    file: 'dialogs/ask-new-secret.ts',
    find: 'keys === next.reveal() ? accepted(next)',
    replace: 'keys.length > 0 ? accepted(next)',
  },
  {
    name: 'a PIN that is easy to guess is refused only after it was keyed twice',
    line: 'bank',
    file: 'dialogs/ask-new-secret.ts',
    find: "outcome === 'too-easy' ? refused",
    replace: "keys === '' ? refused",
  },
  {
    name: 'an account number that is keyed again is taken for a PIN',
    line: 'bank',
    file: 'bank/sign-in.ts',
    find: ' && keys !== account',
    replace: '',
  },
  {
    name: 'the bank does not learn who tries PINs',
    line: 'bank',
    file: 'bank/sign-in.ts',
    find: 'new Secret(keys), origin: originOf(call) }',
    replace: "new Secret(keys), origin: { channel: 'telephone' } }",
  },
  {
    name: 'the merchant does not learn who tries passwords',
    line: 'merchant',
    file: 'merchant/use-voucher.ts',
    find: 'new Secret(keys), origin: originOf(call) }',
    replace: "new Secret(keys), origin: { channel: 'telephone' } }",
  },
  {
    name: 'a closed account is asked for its PIN again',
    line: 'bank',
    file: 'bank/sign-in.ts',
    find: '      await tellClosed(call, answer)\n      return call.hangUp()\n',
    replace: '      await tellClosed(call, answer)\n      return signIn(call, bank)\n',
  },
  {
    name: 'the chosen language is not spoken',
    line: 'merchant',
    file: 'dialogs/greet.ts',
    find: '    await call.speak(language)\n',
    replace: "    if (language === 'zh') await call.speak(language)\n",
  },
  {
    name: 'what was left open by an interruption is not told',
    line: 'merchant',
    file: 'merchant/merchant-line.ts',
    find: '  if (call.resumed?.intent) await tellWhatBecameOf(call, merchant, call.resumed.intent)\n',
    replace: '',
  },
  {
    name: 'what was paid is told as what is left',
    line: 'merchant',
    file: 'merchant/pay.ts',
    find: "'pay.done', { amount, left, reference }",
    replace: "'pay.done', { amount, left: amount, reference }",
  },
  {
    name: 'wrong check digits are taken for a wrong password',
    line: 'merchant',
    file: 'merchant/ask-number.ts',
    find: 'const number = parseByPlan(keys, merchant.numbers)',
    replace: 'const number = keys as NonNullable<ReturnType<typeof parseByPlan>>',
  },
  {
    name: 'the language is asked in Mandarin alone',
    line: 'merchant',
    file: 'dialogs/greet.ts',
    find: "languages: ['en', 'zh']",
    replace: "languages: ['zh']",
  },
  {
    name: 'the caller waits in silence for a slow answer',
    line: 'merchant',
    file: 'merchant/use-voucher.ts',
    find: 'await call.during(merchant.balance(session))',
    replace: 'await merchant.balance(session)',
  },
  {
    name: 'a password that is revealed can be cut short by a key',
    line: 'merchant',
    file: 'dialogs/tell-secret.ts',
    find: '{ inFull: true, slowly }',
    replace: '{ slowly }',
  },
  {
    name: 'a revealed password cannot be heard again',
    line: 'merchant',
    file: 'dialogs/tell-secret.ts',
    find: "answer === 'written'",
    replace: 'answer.length > 0',
  },
  {
    name: 'nobody learns that the voucher is locked',
    line: 'merchant',
    file: 'merchant/forgot-password.ts',
    find: "answer.isLocked ? 'forgot.locked' : 'forgot.done'",
    replace: "answer.isLocked && number === undefined ? 'forgot.locked' : 'forgot.done'",
  },
  {
    name: 'whoever forgot the password unlocks the voucher instead',
    line: 'merchant',
    file: 'merchant/merchant-line.ts',
    find: "'2': () => forgotPassword(call, merchant)",
    replace: "'2': () => unlock(call, merchant)",
  },
  {
    name: 'a backup password is asked like any number',
    line: 'merchant',
    file: 'merchant/ask-backup.ts',
    find: '    secret: true,\n',
    replace: '',
  },
  {
    name: 'the merchant does not learn who tries backup passwords',
    line: 'merchant',
    file: 'merchant/ask-backup.ts',
    find: 'new Secret(keys), origin: originOf(call) }',
    replace: "new Secret(keys), origin: { channel: 'telephone' } }",
  },
  {
    name: 'a voucher that was locked is unlocked, and nothing is said',
    line: 'merchant',
    file: 'merchant/unlock.ts',
    find: "      return call.say('unlock.done')\n",
    replace: '      return\n',
  },
  {
    name: 'after a new password the call goes on in the session that ended with the old one',
    line: 'merchant',
    file: 'merchant/use-voucher.ts',
    find: '        session = next\n',
    replace: '',
  },
  {
    name: 'a password is changed without an intent of its own',
    line: 'merchant',
    file: 'merchant/change-password.ts',
    find: "carryOut(call, ['password-change', number], intent => merchant.changePassword({ intent, session, next }))",
    replace: "call.during(merchant.changePassword({ intent: '0'.repeat(32) as never, session, next }))",
  },
  {
    name: 'a backup password that a key can cut short',
    line: 'bank',
    file: 'dialogs/tell-secret.ts',
    find: '{ inFull: true, slowly }',
    replace: '{ slowly }',
  },
  {
    name: 'the backup password of another voucher is told',
    line: 'bank',
    file: 'bank/my-vouchers.ts',
    find: 'tellBackup(call, bank, customer, voucher)',
    replace: 'tellBackup(call, bank, customer, vouchers[0] ?? voucher)',
  },
  {
    name: 'after the backup password the list goes on by itself',
    line: 'bank',
    file: 'bank/my-vouchers.ts',
    find: 'while ((await',
    replace: 'if ((await',
  },
  {
    name: 'a voucher is ended without being asked',
    line: 'merchant',
    file: 'merchant/end-voucher.ts',
    find: 'if (balance.remaining.minor > 0n && ',
    replace: 'if (balance.remaining.minor < 0n && ',
  },
  {
    name: 'what was given back is told at every call',
    line: 'merchant',
    file: 'merchant/tell-given-back.ts',
    find: '  await call.during(merchant.heardOf(',
    replace: '  if (session.token === "") await call.during(merchant.heardOf(',
  },
  {
    name: 'blocking the account blocks the vouchers',
    line: 'bank',
    file: 'bank/block.ts',
    find: "'1': () => block(call, bank, customer, 'account')",
    replace: "'1': () => block(call, bank, customer, 'vouchers')",
  },
  {
    name: 'a blocked telephone goes on talking',
    line: 'bank',
    file: 'bank/block.ts',
    find: "      if (what === 'telephone') await call.hangUp()\n",
    replace: '',
  },
  {
    name: 'nobody is told where a block is lifted',
    line: 'bank',
    file: 'bank/block.ts',
    find: 'await call.say(done, {}, { inFull: true })',
    replace: 'await call.say(done)',
  },
  {
    name: 'what is heard is played before it is paid',
    line: 'information',
    file: 'information/listen.ts',
    find: 'pay: (unit: number) => askedAgain(() => pay(payee, listening, unit))',
    replace: 'pay: async (unit: number) => (unit > 99 ? pay(payee, listening, unit) : { more: 9 })',
  },
  {
    name: 'nobody notes that something is heard',
    line: 'information',
    file: 'information/listen.ts',
    find: 'begun: (unit: number) => askedAgain(() => payee.unitBegun({ listening, unit }))',
    replace: 'begun: async () => {}',
  },
  {
    name: 'whoever hangs up leaves the hold behind',
    line: 'information',
    file: 'information/listen.ts',
    find: '    await end()\n    throw left\n',
    replace: '    throw left\n',
  },
  {
    name: 'an item begins without its price being told',
    line: 'information',
    file: 'information/choose-item.ts',
    find: '    if (await agrees(call, item)) return',
    replace: '    if (item.price.minor > 0n) return',
  },
  {
    name: 'the price of a minute is told as that of the whole',
    line: 'information',
    file: 'information/choose-item.ts',
    find: 'if (unitMs === undefined) return',
    replace: 'if (unitMs !== 10_000) return',
  },
  {
    name: 'another item is paid for than is heard',
    line: 'information',
    file: 'information/listen.ts',
    find: 'item: item.id, lastsMs',
    replace: "item: payee.catalogue.at(-1)?.id ?? '', lastsMs",
  },
  {
    name: 'the money ends, and nothing is said',
    line: 'information',
    file: 'information/listen.ts',
    find: "  if (how === 'refused') await call.say('listen.money-over')\n",
    replace: '',
  },
  {
    name: 'nobody is told that one minute is left',
    line: 'information',
    file: 'information/listen.ts',
    find: "almostOver: 'listen.almost-over'",
    replace: "almostOver: 'one-moment'",
  },
  {
    name: 'what is left is told as what was paid',
    line: 'information',
    file: 'information/listen.ts',
    find: "'listen.done', { amount: paid, left",
    replace: "'listen.done', { amount: remaining, left",
  },
  {
    name: 'the last title is offered as if there were more',
    line: 'information',
    file: 'information/choose-item.ts',
    find: 'index === catalogue.length - 1',
    replace: 'index === catalogue.length',
  },
  {
    name: 'a voucher that is used up can be used on',
    line: 'information',
    file: 'information/listen.ts',
    find: "    return 'leave'\n  }\n  return undefined\n",
    replace: '    return undefined\n  }\n  return undefined\n',
  },
  {
    name: 'what was heard before an interruption is not told',
    line: 'information',
    file: 'merchant/resumed-call.ts',
    find: "      return call.say('resumed.listened', { amount, left, reference })\n",
    replace: "      return call.say('resumed.paid', { amount, left, reference })\n",
  },
  {
    name: 'the name of a private payee is not read back',
    line: 'host',
    file: 'host/host-line.ts',
    find: "  await call.say('host.payee.is', { payee: name })\n",
    replace: '',
  },
  {
    name: 'a host that is asked too often says that there is no such payee',
    line: 'host',
    file: 'host/host-line.ts',
    find: "refused('too-many', 'try-again-soon')",
    replace: "refused('unknown', 'host.payee.unknown', { number })",
  },
  {
    name: 'somebody becomes a payee without being asked',
    line: 'bank',
    file: 'bank/being-paid.ts',
    find: "  if (!(await call.confirm('paid.offer'))) return call.say('cancelled')\n",
    replace: '',
  },
  {
    name: 'somebody is told to be a payee no more who still is',
    line: 'bank',
    file: 'bank/being-paid.ts',
    find: "  await (stopped.outcome === 'out-of-reach' ? call.refuse('paid.out-of-reach') : call.say('paid.stopped'))\n",
    replace: "  void stopped\n  await call.say('paid.stopped')\n",
  },
]

/** A copy of `ivr/` with the fault in it, below `.cache`; its `src` is the real one. Undefined: a copy without any. */
export function scriptsWith(fault: Fault | undefined, number: number): string {
  const folder = resolve('.cache', 'faults', String(number))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync('ivr', join(folder, 'ivr'), { recursive: true })
  symlinkSync(resolve('src'), join(folder, 'src'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  if (fault) edit(join(folder, 'ivr', fault.file), fault)
  return join(folder, 'ivr')
}

function edit(file: string, fault: Fault): void {
  const remembers = fault.replace.includes('intents.get')
  const remembered = remembers ? '\nconst intents = new WeakMap<object, { id: string }>()\n' : ''
  writeFileSync(file, edited(file, fault) + remembered)
}
