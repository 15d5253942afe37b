/** Faults that a page could have, each one edit of one file of a copy of `src/web`. The rules know none of them. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Edit, editOnce } from '../../../support/edit-once.ts'
import type { WebCode } from './stage.ts'

interface Fault extends Edit {
  /** Whose paths are walked. */
  readonly story: string
  /** Below `src/web/`. */
  readonly file: string
}

export const faults: readonly Fault[] = [
  {
    name: 'a purchase that nobody signed',
    story: 'buy',
    file: 'bank/carry-out.ts',
    find: "if (outcome === 'refused') return { answer: 'not-signed', isOver: false }",
    replace: "if (outcome === 'refused' && order.kind !== 'sale') return { answer: 'not-signed', isOver: false }",
  },
  {
    name: 'a transfer that nobody signed',
    story: 'transfer',
    file: 'bank/carry-out.ts',
    find: "if (order.kind !== 'block') {",
    replace: "if (order.kind !== 'block' && order.kind !== 'transfer') {",
  },
  {
    name: 'a payee who did not sign',
    story: 'be paid',
    file: 'bank/carry-out.ts',
    find: "if (order.kind !== 'block') {",
    replace: "if (order.kind !== 'block' && order.kind !== 'be-paid') {",
  },
  {
    name: 'whoever wants to be paid no more is asked to be paid',
    story: 'be paid no more',
    file: 'bank/carry-out.ts',
    find: 'bank.stopBeingPaid(account)',
    replace: 'bank.becomePayee(account)',
  },
  {
    name: 'a PIN that nobody signed for',
    story: 'new PIN',
    file: 'bank/carry-out.ts',
    find: "if (order.kind !== 'block') {",
    replace: "if (order.kind !== 'block' && order.kind !== 'pin') {",
  },
  {
    name: 'a backup password that nobody signed for',
    story: 'backup password',
    file: 'bank/vouchers.ts',
    find: `if (!session.maySee(\`backup \${voucher.id}\`))`,
    replace: 'if (session === undefined)',
  },
  {
    name: 'what was lost is told to nobody',
    story: 'a voucher that was lost untold',
    file: 'bank/account.ts',
    find: 'if (returned.length === 0) return undefined',
    replace: 'if (returned.length > 0) return undefined',
  },
  {
    name: 'what was read is told again',
    story: 'a voucher that was lost untold',
    file: 'bank/account.ts',
    find: 'await bank.heardOfReturned({ account: session.customer.account, ids })',
    replace: '',
  },
  {
    name: 'what waits to be written down does not come first',
    story: 'buy',
    file: 'bank/sign-in.ts',
    find: 'return { goTo: untold === undefined',
    replace: 'return { goTo: true',
  },
  {
    name: 'every click is another purchase',
    story: 'buy',
    file: 'bank/carry-out.ts',
    find: 'const sale = { intent, buyer',
    replace: 'const sale = { intent: visit.drawIntent(), buyer',
  },
  {
    name: 'a second click is not held against the first',
    story: 'buy',
    file: 'bank/confirm.ts',
    find: 'pending.doing ??= carryOut',
    replace: 'pending.doing = carryOut',
  },
  {
    name: 'a transfer that is made again after a restart is not known',
    story: 'transfer',
    file: 'bank/confirm.ts',
    find: `found.outcome === 'done' ? \`/done?intent=\${intent}\``,
    replace: `found.outcome !== 'done' ? \`/done?intent=\${intent}\``,
  },
  {
    name: 'another amount is read back than is sent',
    story: 'transfer',
    file: 'bank/confirm.ts',
    find: 'const { to, amount } = order\n',
    replace: 'const { to } = order\n      const amount = { ...order.amount, minor: order.amount.minor + 1n }\n',
  },
  {
    name: 'money goes to oneself',
    story: 'transfer',
    file: 'bank/transfer.ts',
    find: 'else if (account === session.customer.account)',
    replace: 'else if (account === undefined)',
  },
  {
    name: 'an amount of nothing is taken',
    story: 'transfer',
    file: 'read-amount.ts',
    find: 'if (minor === 0n)',
    replace: 'if (minor < 0n)',
  },
  {
    name: 'two different PINs are taken',
    story: 'new PIN',
    file: 'bank/pin.ts',
    find: 'if (next.reveal() !== repeated.reveal())',
    replace: 'if (next.length !== repeated.length)',
  },
  {
    name: 'what was typed as a PIN comes back',
    story: 'sign in',
    file: 'fields.ts',
    find: 'type="password" inputmode',
    replace: 'type="password" value="905318" inputmode',
  },
  {
    name: 'a form that is not ours is taken',
    story: 'lost',
    file: 'serve-pages.ts',
    find: 'if (!hasToken || ',
    replace: 'if (',
  },
  {
    name: 'written down counts before it was shown',
    story: 'buy',
    file: 'bank/carry-out.ts',
    find: `session.mayNowSee(\`told \${sale.voucher.id}\`)`,
    replace: 'await visit.bank.confirmHeard({ buyer: session.customer.account, voucher: sale.voucher.id })',
  },
  {
    name: 'a passkey is made without a code',
    story: 'passkey',
    file: 'bank/passkeys.ts',
    find: "return wrong(words.say('page.bank.code.wrong'))",
    replace: "return { goTo: '/passkeys/new' }",
  },
  {
    name: 'something else is blocked than was chosen',
    story: 'lost',
    file: 'bank/carry-out.ts',
    find: 'const { what } = order\n',
    replace: "const what = order.what === 'account' ? 'telephone' : order.what\n",
  },
  {
    name: 'every click is another payment',
    story: 'pay',
    file: 'pages/confirm-payment.ts',
    find: 'merchant.pay({ intent, session',
    replace: 'merchant.pay({ intent: visit.drawIntent(), session',
  },
  {
    name: 'the button says another amount',
    story: 'pay',
    file: 'pages/confirm-payment.ts',
    find: "words.say('page.confirm.pay', { amount: amount.money",
    replace: "words.say('page.confirm.pay', { amount: remaining",
  },
  {
    name: 'a payment that was made is not found again',
    story: 'pay',
    file: 'pages/confirm-payment.ts',
    find: "if (before.outcome === 'done' && before.kind === 'payment')",
    replace: "if (before.outcome === 'done' && before.kind !== 'payment')",
  },
  {
    name: 'the way on after opening is lost',
    story: 'pay',
    file: 'pages/open-voucher.ts',
    find: "return { goTo: next ?? '/voucher' }\n      default",
    replace: "return { goTo: '/voucher' }\n      default",
  },
  {
    name: 'a new password that was typed once is taken',
    story: 'change password',
    file: 'pages/change-password.ts',
    find: 'if (next.reveal() !== repeated.reveal())',
    replace: 'if (next.length !== repeated.length)',
  },
  {
    name: 'a wrong backup password says nothing',
    story: 'forgotten password',
    file: 'pages/forgot-password.ts',
    find: "[refusalOf(visit, answer, 'backup')]",
    replace: '[]',
  },
]

/** The copy lies beside everything else of `src`, by links: nothing but the pages is there twice. */
export async function copyWithFault(fault: Fault): Promise<{ code: WebCode; remove(): void }> {
  mkdirSync('.cache', { recursive: true })
  const folder = mkdtempSync(join(resolve('.cache'), 'pages-'))
  const source = join(folder, 'src')
  mkdirSync(source)
  for (const entry of readdirSync('src')) {
    if (entry !== 'web') symlinkSync(resolve('src', entry), join(source, entry))
  }
  cpSync('src/web', join(source, 'web'), { recursive: true })
  editOnce(join(source, 'web', fault.file), fault)
  const code = (await import(pathToFileURL(join(source, 'web/web.ts')).href)) as WebCode
  return { code, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
