/** What customers are told in writing: written with what it tells of, sent until it is taken, and saying no secret. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { confirmInWriting } from '../../../../src/bank/confirmations/write.ts'
import { money, yuan } from '../../../../src/money.ts'
import { Secret } from '../../../../src/secret.ts'
import { Authenticator } from '../../../support/authenticator.ts'
import { asSound, issuedTo, signedBy } from '../../../support/cards.ts'
import {
  adasAddress,
  confirmations,
  leaveAddress,
  listedMail,
  postOf,
  sentNow,
} from '../../../support/confirmations.ts'
import { settleAll } from '../../../support/day-end.ts'
import { aPhone, firstPinOf, institutionId, intentId } from '../../../support/ids.ts'
import { faultsOf } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 79 })
  world = await runtime.run(() => openWorld({ runtime, bank: { confirmations } }))
})
afterEach(() => runtime.run(() => world.close()))

const minute = 60_000
const day = 86_400_000

/** Ada has left an address, and what that itself is told of is sent. */
async function withAddress(): Promise<void> {
  await leaveAddress(world, world.customers.ada.account, adasAddress)
  await sentNow(world)
}

async function buy(name: string) {
  const sale = await world.bank.sellVoucher({
    intent: intentId(`told in writing ${name}`),
    buyer: world.customers.ada.account,
    payee: institutionId('lantern'),
    amount: yuan(50n),
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  return sale
}

const send = (name: string, from: keyof World['customers'], to: keyof World['customers'], amount = yuan(1n)) =>
  world.bank.transfer({
    ...{
      intent: intentId(`sent in writing ${name}`),
      from: world.customers[from].account,
      to: world.customers[to].account,
      amount,
    },
    channel: 'telephone',
  })

const rows = () =>
  world.harbour.store.read(tx =>
    tx.all<{ id: string; kind: string }>('SELECT id, kind FROM confirmation ORDER BY at, id'),
  )

describe('a confirmation', () => {
  test('of a sale says what, when, how much, to whom, by which reference, and what to do; the number and the password are nowhere', () =>
    runtime.run(async () => {
      await withAddress()
      const { account, pin } = world.customers.ada
      await world.bank.rememberLanguage({ account, language: 'en' })
      const { voucher } = await buy('s')
      const backup = await world.bank.backupPassword({ buyer: account, voucher: voucher.id })
      if (backup.outcome !== 'told') throw new Error(backup.outcome)
      if (voucher.state !== 'unconfirmed') throw new Error(voucher.state)
      const [mail, ...others] = await sentNow(world)
      expect(others).toEqual([])
      expect(mail).toMatchObject({
        ...{ to: adasAddress, from: { name: 'Harbour Bank', address: confirmations.from } },
        subject: 'Harbour Bank: you bought a voucher',
      })
      const { reference } = await world.harbour.store.read(
        async tx =>
          (await tx.one<{ reference: string }>('SELECT reference FROM sale ORDER BY posting DESC LIMIT 1')) ?? {
            reference: '',
          },
      )
      const text = mail?.text ?? ''
      for (const said of ['a voucher worth ¥50.00, payable to Lantern Books', reference, account.slice(-4), '9001'])
        expect(text).toContain(said)
      expect(text).toMatch(/When: 2\d Nov 2026, \d\d:\d\d \(China Standard Time\)/)
      const secrets = [voucher.number, voucher.password.reveal(), backup.backup.reveal(), pin, account]
      const whole = JSON.stringify(mail).replace(/\D/g, '')
      for (const secret of secrets) expect(whole).not.toContain(secret.replace(/\s/g, ''))
      expect(text).not.toContain((Number((await world.bank.balance(account)).minor) / 100).toFixed(2))
      expect(text).not.toMatch(/https?:/)
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is in the language of its customer, and in both where they have chosen none', () =>
    runtime.run(async () => {
      await withAddress()
      const { account } = world.customers.ada
      await buy('a')
      const [both] = await sentNow(world)
      expect(both?.text).toMatch(/You bought a voucher[\s\S]*\* \* \*[\s\S]*您购买了一张/)
      await world.bank.rememberLanguage({ account, language: 'zh' })
      await buy('b')
      const [mail] = await sentNow(world)
      expect(mail).toMatchObject({ subject: '海港银行：您购买了一张付款券', from: { name: '海港银行' } })
      expect(mail?.text).toContain('面额¥50.00。')
      expect(mail?.text).not.toContain('You ')
    }))

  test('is there exactly when what it tells of was done: what is undone leaves none, what is asked again no second one', () =>
    runtime.run(async () => {
      await withAddress()
      const before = (await rows()).length
      expect(await send('m', 'ada', 'dora', yuan(5_000n))).not.toMatchObject({ outcome: 'transferred' })
      expect(await rows()).toHaveLength(before)
      await send('t', 'ada', 'dora')
      await send('t', 'ada', 'dora')
      expect((await rows()).slice(before).map(({ kind }) => kind)).toEqual(['transfer-out'])
      const { account } = world.customers.ada
      const undone = world.harbour.store.execute(async tx => {
        await confirmInWriting(
          tx,
          { config: { id: institutionId('harbour'), confirmations } as never },
          {
            ...{ id: 'x', account, kind: 'pin-changed', at: runtime.wallNow() },
          },
        )
        throw new Error('undone')
      })
      await expect(undone).rejects.toThrow('undone')
      expect(await rows()).toHaveLength(before + 1)
    }))

  test('is written to nobody by a bank that has no mail server, nor to a customer without an address', () =>
    runtime.run(async () => {
      await world.reconfigureBank({ confirmations: undefined })
      await runtime.sleep(minute)
      expect(world.harbour.confirmations).toBeUndefined()
      expect(await leaveAddress(world, world.customers.ada.account, adasAddress)).toMatchObject({
        outcome: 'no-confirmations',
      })
      await buy('a')
      await world.reconfigureBank({ confirmations })
      await runtime.sleep(minute)
      await buy('b')
      expect(await rows()).toEqual([])
    }))

  test('tells both ends of a transfer, and of everything that is changed on an account', () =>
    runtime.run(async () => {
      await withAddress()
      const { ada, dora } = world.customers
      const own = { channel: 'telephone', number: 'phone1', attested: true } as const
      await send('in', 'dora', 'ada', money(150n))
      await send('out', 'ada', 'dora', money(250n))
      const told = ['9876 5432', dora.account]
      await world.bank.registerTelephone({ session: firstPinOf(ada.account), origin: own })
      await world.bank.registerTelephone({ session: firstPinOf(ada.account), origin: own })
      const { code } = await world.bank.passkeyCode(ada.account)
      const tried = await world.harbour.passkeys.tryCode({ account: ada.account, code })
      if (tried.outcome !== 'right') throw new Error(tried.outcome)
      const site = { id: 'harbour.localhost', origin: 'http://harbour.localhost' }
      const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'
      const response = new Authenticator('telephone').create(challenge, site)
      const enrolment = { enrolment: tried.enrolment, name: 'telephone', challenge, site, response }
      expect(await world.harbour.passkeys.enrol({ account: ada.account, ...enrolment })).toEqual({
        outcome: 'enrolled',
      })
      const pin = {
        intent: intentId('p'),
        session: firstPinOf(ada.account),
        next: new Secret('604817'),
        origin: aPhone,
      }
      expect(await world.bank.changePin(pin)).toMatchObject({ outcome: 'changed' })
      for (const what of ['vouchers', 'telephone', 'account'] as const)
        await world.bank.block({ intent: intentId(what), account: ada.account, what, channel: 'telephone' })
      await bothSign(world.harbour, runtime, world.staff, 'lift-block', { account: ada.account, what: 'account' })
      await bothSign(world.harbour, runtime, world.staff, 'reset-pin', { account: ada.account })
      await bothSign(world.harbour, runtime, world.staff, 'close-account', { account: ada.account })
      const mails = await sentNow(world)
      const text = mails.map(mail => mail.text).join('\n')
      expect(mails.map(({ subject }) => subject.split(/: | \/ /)[1])).toEqual([
        'money came to your account',
        'you sent money',
        'a telephone was registered',
        'a passkey was set up',
        'your PIN was changed',
        'your vouchers were blocked',
        'signing in by telephone was blocked',
        'your account was blocked',
        'a block was lifted',
        'your PIN was changed',
        'your account was closed',
      ])
      expect(text).toContain('¥1.50 came to your account')
      expect(text).toContain(`You sent ¥2.50 to the account that ends in ${dora.account.slice(-4)}.`)
      for (const secret of [...told, '604817', code.reveal(), ada.account]) expect(text).not.toContain(secret)
      expect(await faultsOf(world)).toEqual([])
    }))

  test('tells of a card: that it is ready, paid, and was blocked', () =>
    runtime.run(async () => {
      await withAddress()
      const { ada, cai } = world.customers
      await leaveAddress(world, cai.account, 'cai@example.org')
      await sentNow(world)
      const card = await issuedTo(world.harbour, runtime, world.staff, { account: cai.account })
      const order = { intent: intentId('large'), from: cai.account, to: ada.account, amount: yuan(2_500n) }
      const asked = await world.bank.askByCard({ ...order, channel: 'telephone' })
      if (asked.outcome !== 'asked') throw new Error(asked.outcome)
      const answer = await signedBy(runtime, card, asked.request)
      const answered = await asSound(runtime, card, asked, answer)
      const paid = await world.bank.payByCard({
        ...{ intent: order.intent, from: cai.account, nonce: asked.request.nonce, answer: answered },
      })
      expect(paid).toMatchObject({ outcome: 'transferred' })
      await world.bank.block({ intent: intentId('c'), account: cai.account, what: 'card', channel: 'telephone' })
      const mails = await sentNow(world)
      const of = (to: string) =>
        mails.filter(mail => mail.to === to).map(({ text }) => text.split('\n\n')[1]?.split('\n')[0])
      expect(of('cai@example.org')).toEqual([
        `A card that ends in ${card.number.slice(-4)} is ready for your account.`,
        `Your card paid ¥2,500.00 to the account that ends in ${ada.account.slice(-4)}.`,
        `Your card that ends in ${card.number.slice(-4)} was blocked.`,
      ])
      expect(of(adasAddress)).toEqual(['¥2,500.00 came to your account.'])
      expect(mails.map(({ text }) => text).join()).not.toContain(card.number)
      expect(mails.map(({ text }) => text).join()).not.toContain(card.password.reveal())
    }))

  test('tells of what a payee gives back, and of what it is paid out', () =>
    runtime.run(async () => {
      await withAddress()
      const { number, password } = world.vouchers.confirmed
      const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { session } = opening
      await world.merchant.pay({ intent: intentId('p'), session, amount: yuan(10n) })
      await world.merchant.endVoucher({ intent: intentId('e'), session })
      runtime.jumpWallClock(day)
      await world.lantern.nightly()
      await settleAll(world)
      const payout = { payee: 'lantern', account: world.customers.ada.account, minor: 300n }
      expect(await bothSign(world.harbour, runtime, world.staff, 'pay-out', payout)).toMatchObject({ done: true })
      const said = (await sentNow(world)).map(({ text }) => text.split('\n\n')[1]?.split('\n')[0])
      expect(said).toEqual([
        '¥40.00 came back to your account from Lantern Books.',
        '¥3.00 that was collected for you as a payee was paid out to your account.',
      ])
    }))
})

describe('what waits', () => {
  test('is sent again, later each time, by the same name, until it is taken, once', () =>
    runtime.run(async () => {
      await withAddress()
      await buy('s')
      const { mails, sender } = listedMail(['away', 'away', 'away'])
      const began = runtime.monotonicMs()
      const times: number[] = []
      const timed = {
        send: (...args: Parameters<typeof sender.send>) => {
          times.push(runtime.monotonicMs() - began)
          return sender.send(...args)
        },
      }
      const post = postOf(world, timed)
      await runtime.sleep(10 * minute)
      await post.close()
      expect(mails).toHaveLength(4)
      expect(times.slice(1).map((at, i) => Math.round((at - (times[i] ?? 0)) / 1_000))).toEqual([10, 20, 40])
      expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1)
      expect(new Set(mails.map(({ text }) => text)).size).toBe(1)
      expect(mails[0]?.messageId).toMatch(/^[0-9a-f]{32}@harbour\.example$/)
      expect(await world.harbour.confirmations?.waiting()).toEqual({ count: 0, since: undefined, givenUp: 0 })
    }))

  test('is given up after days, with an alarm that names no address; one that is refused for good at once', () =>
    runtime.run(async () => {
      await withAddress()
      await buy('s')
      const away = listedMail(Array.from({ length: 100 }, () => 'away' as const))
      const post = postOf(world, away.sender)
      for (let i = 0; i < 30; i++) {
        await runtime.sleep(minute / 4)
        runtime.jumpWallClock(day / 6)
      }
      await post.close()
      expect(away.mails).toHaveLength(25)
      await buy('t')
      const refusing = listedMail(['refuse'])
      const other = postOf(world, refusing.sender)
      await runtime.sleep(minute)
      await other.close()
      expect(refusing.mails).toHaveLength(1)
      expect(await world.harbour.confirmations?.waiting()).toMatchObject({ count: 0, givenUp: 2 })
      const alarms = await world.harbour.store.read(tx =>
        tx.all<{ detail: string }>(`SELECT detail FROM clearing_alarm WHERE kind = 'mail-not-sent'`),
      )
      expect(alarms.map(({ detail }) => detail.split(': ')[1])).toEqual(['ECONNECTION CONN', 'EENVELOPE RCPT TO 550'])
      expect(JSON.stringify(alarms)).not.toContain('example.org')
    }))

  test('is sent by the next process when one dies: what was taken is not sent again', () =>
    runtime.run(async () => {
      await withAddress()
      await buy('a')
      expect(await sentNow(world)).toHaveLength(1)
      await send('b', 'ada', 'dora')
      await world.restart('bank')
      expect((await sentNow(world)).map(({ subject }) => subject.split(/: | \/ /)[1])).toEqual(['you sent money'])
      expect(await sentNow(world)).toEqual([])
    }))

  test('of one account is sent one after another, and of another meanwhile', () =>
    runtime.run(async () => {
      await withAddress()
      await leaveAddress(world, world.customers.dora.account, 'dora@example.org')
      await sentNow(world)
      await send('a', 'ada', 'dora')
      await send('b', 'ada', 'dora')
      const sent: string[] = []
      let heard = () => {}
      const isHeard = new Promise<void>(resolve => {
        heard = resolve
      })
      const post = postOf(world, {
        send: async ({ to }, late) => {
          sent.push(to)
          if (sent.length === 3) heard()
          if (to === adasAddress)
            await new Promise((_, reject) => late.addEventListener('abort', () => reject(late.reason)))
        },
      })
      // Virtual time stands still while a mail is on its way.
      await isHeard
      await post.close()
      expect(sent.filter(to => to === adasAddress)).toHaveLength(1)
      expect(sent.filter(to => to === 'dora@example.org')).toHaveLength(2)
      // It was nobody's fault: it waits as before.
      expect(await world.harbour.confirmations?.waiting()).toMatchObject({ count: 2, givenUp: 0 })
    }))
})

describe('the address', () => {
  test.each([
    ['a line break', 'ada@example.org\r\nBcc: eve@example.net'],
    ['a line break alone', 'ada@example.org\n'],
    ['another address', 'ada@example.org, eve@example.net'],
    ['angle brackets', 'Ada <ada@example.org>'],
    ['quotation', '"a\r\nb"@example.org'],
    ['a space', 'ada @example.org'],
    ['a zero byte', 'ada\0@example.org'],
    ['no domain', 'ada@'],
    ['a domain of one word', 'root@localhost'],
    ['numbers', 'ada@[127.0.0.1]'],
    ['numbers without brackets', 'ada@127.0.0.1'],
    ['two points', 'a..b@example.org'],
    ['another alphabet', 'ada@exämple.org'],
    ['large letters in the domain', 'ada@EXAMPLE.org'],
    ['length', `${'a'.repeat(65)}@example.org`],
  ])('is refused with %s', (_, address) =>
    runtime.run(async () => {
      expect(await leaveAddress(world, world.customers.ada.account, address)).toMatchObject({
        done: false,
        outcome: 'no-address',
      })
    }),
  )

  test('that was is told when it changes, and when it is removed; it is shown masked', () =>
    runtime.run(async () => {
      await withAddress()
      const { account } = world.customers.ada
      expect(await world.harbour.teller.mailAddress(account)).toBe('A•••@example.org')
      expect(await leaveAddress(world, account, adasAddress)).toMatchObject({ outcome: 'nothing-to-change' })
      expect(await leaveAddress(world, account, 'new@example.net')).toMatchObject({ outcome: 'address-set' })
      const changed = (await sentNow(world)).map(({ to, subject }) => [to, subject.split(/: | \/ /)[1]])
      expect(changed.sort()).toEqual([
        [adasAddress, 'we no longer write to this address'],
        ['new@example.net', 'we write to this address'],
      ])
      expect(await leaveAddress(world, account, '')).toMatchObject({ outcome: 'address-removed' })
      await buy('s')
      expect((await sentNow(world)).map(({ to }) => to)).toEqual(['new@example.net'])
      expect(await world.harbour.teller.mailAddress(account)).toBeUndefined()
      expect(await faultsOf(world)).toEqual([])
    }))

  test('that nobody decided on is found by the audit', () =>
    runtime.run(async () => {
      await withAddress()
      await world.harbour.store.execute(tx =>
        tx.run(
          `INSERT INTO mail_address SELECT tenant, account, number + 1, 'eve@example.net', decision, at FROM mail_address`,
        ),
      )
      expect(await faultsOf(world)).toContainEqual(
        expect.stringContaining('did not decide where its customer is written to'),
      )
    }))
})

test('what was sent is erased after its days', () =>
  runtime.run(async () => {
    await withAddress()
    await buy('s')
    await sentNow(world)
    runtime.jumpWallClock(29 * day)
    await world.harbour.nightly()
    expect(await rows()).toHaveLength(2)
    runtime.jumpWallClock(2 * day)
    await world.harbour.nightly()
    expect(await rows()).toEqual([])
    expect((await faultsOf(world)).filter(fault => !/day-end-late/.test(fault))).toEqual([])
  }))
