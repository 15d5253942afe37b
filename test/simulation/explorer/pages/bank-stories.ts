/** What customers do at the bank's page. */
import { yuan } from '../../../../src/money.ts'
import { Secret } from '../../../../src/secret.ts'
import { Authenticator } from '../../../support/authenticator.ts'
import { issuedTo } from '../../../support/cards.ts'
import { intentId } from '../../../support/ids.ts'
import { backupInStock } from '../../../support/stock-passwords.ts'
import { type Stage, site } from './stage.ts'
import type { Step, Story } from './story.ts'

const customer = ({ world }: Stage) => world.customers.cai

async function signIn(stage: Stage): Promise<void> {
  await stage.browser.open('/leave')
  await stage.browser.open('/')
  if (stage.browser.url !== '/') {
    await stage.browser.open('/account')
    await stage.browser.send('/leave')
  }
  await stage.browser.send('/', { account: customer(stage).account, pin: stage.pin })
}

/** By a code of the line, at a browser of another day. */
async function enrolDevice({ world, device }: Stage): Promise<void> {
  const { account } = world.customers.cai
  const { passkeys } = world.harbour
  const { code } = await world.bank.passkeyCode(account)
  const tried = await passkeys.tryCode({ account, code })
  if (tried.outcome !== 'right') throw new Error(tried.outcome)
  const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'
  const response = device.create(challenge, site)
  await passkeys.enrol({ account, enrolment: tried.enrolment, name: 'telephone', challenge, site, response })
}

async function loseUntold(stage: Stage): Promise<void> {
  const { world } = stage
  const order = { buyer: customer(stage).account, payee: world.payee.id, channel: 'telephone' } as const
  const sale = await world.bank.sellVoucher({ ...order, amount: yuan(50n), intent: intentId('lost') })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  const [row] = await world.harbour.store.read(tx =>
    tx.all<{ key: string }>('SELECT password_key AS key FROM stock WHERE number = ?', sale.voucher.number),
  )
  await world.recordKeys.destroy([row?.key ?? ''])
  await stage.die()
}

const at = (address: string) => async (stage: Stage) => {
  await signIn(stage)
  await stage.browser.open(address)
}

const issueCard = (stage: Stage) => {
  const { harbour, runtime, staff } = stage.world
  return issuedTo(harbour, runtime, staff, { account: customer(stage).account })
}

/** Something is chosen, read back, and blocked without a signature. */
function blocking({
  what,
  readsBack,
  ...of
}: Pick<Story, 'name' | 'before' | 'count'> & { what: string; readsBack: readonly string[] }): Story {
  const nothing = [() => ({}), 'Choose what is to be blocked'] as const
  const confirmed = (stage: Stage) => {
    stage.notes.set('end', stage.browser.url)
    return {}
  }
  return {
    ...{ ...of, site: 'bank', needsSession: true, begin: at('/lost'), said: 'blocked' },
    steps: [
      { form: '/lost', valid: () => ({ what }), invalid: { nothing } },
      { form: '/confirm', readsBack, valid: confirmed, does: true },
    ],
    again: async stage => {
      await signIn(stage)
      await stage.browser.open(stage.notes.get('end') ?? '/account')
    },
    secrets: ({ pin }) => [pin],
  }
}

const signed = ({ browser, device }: Stage) => ({ response: device.get(browser.asked.challenge, site) })

const refused = 'This was not signed with one of your passkeys.'

/** Every way to sign for something else, or not at all. */
const unsigned: Step['invalid'] = {
  unsigned: [() => ({ response: '' }), 'Your browser does not sign with passkeys here'],
  'another order': [({ device }) => ({ response: device.get('YW5vdGhlciBvcmRlciB0aGFuIHRoaXMgb25l', site) }), refused],
  'another device': [
    ({ browser }) => ({ response: new Authenticator('another').get(browser.asked.challenge, site) }),
    refused,
  ],
  'another site': [
    ({ browser, device }) => ({
      response: device.get(browser.asked.challenge, { ...site, origin: 'http://evil.localhost' }),
    }),
    refused,
  ],
}

const bought = async ({ world }: Stage) => (await world.bank.vouchers(world.customers.cai.account)).length
const balance = async ({ world }: Stage, who: 'bo' | 'cai') =>
  (await world.bank.balance(world.customers[who].account)).minor

const applications = ({ world }: Stage) =>
  world.harbour.store.read(tx => tx.all<{ closed: bigint | null }>('SELECT closed_at AS closed FROM private_payee'))

async function passwords({ world }: Stage): Promise<string[]> {
  const vouchers = await world.bank.vouchers(world.customers.cai.account)
  return vouchers.flatMap(each => (each.state === 'unconfirmed' ? [each.password.reveal()] : []))
}

export const bankStories: readonly Story[] = [
  {
    name: 'sign in',
    site: 'bank',
    needsSession: false,
    begin: ({ browser }) => browser.open('/'),
    steps: [
      {
        form: '/',
        valid: stage => ({ account: customer(stage).account, pin: stage.pin }),
        invalid: {
          'no account': [() => ({ account: '', pin: '905318' }), 'Enter your account number'],
          slip: [() => ({ account: '123456', pin: '905318' }), 'This account number has a mistake in it.'],
          'no pin': [stage => ({ account: customer(stage).account, pin: '' }), 'Enter your PIN'],
          'wrong pin': [stage => ({ account: customer(stage).account, pin: '905318' }), 'do not match'],
          'unknown account': [({ world }) => ({ account: world.unknownAccount, pin: '905318' }), 'do not match'],
        },
      },
    ],
    count: async ({ browser }) => (browser.url === '/account' ? 1 : 0),
    again: signIn,
    said: '¥5,000.00',
    secrets: ({ pin }) => [pin],
  },
  {
    // Bought in a call that was cut off, and its password was lost at the bank: nobody could be told of it any more.
    name: 'a voucher that was lost untold',
    site: 'bank',
    needsSession: true,
    before: loseUntold,
    begin: signIn,
    steps: [
      {
        form: '/account',
        readsBack: [
          'you bought a voucher for Lantern Books, ¥50.00. We could not tell it to you before its password was lost',
        ],
        valid: () => ({}),
        does: true,
      },
    ],
    count: async ({ world }) => {
      const rows = await world.harbour.store.read(tx => tx.all('SELECT 1 FROM lost_sale WHERE told_at IS NOT NULL'))
      return rows.length
    },
    again: async stage => {
      await signIn(stage)
      if (stage.browser.text.includes('its password was lost')) throw new Error('what was read is told again')
    },
    said: '¥4,950.00',
    secrets: ({ pin }) => [pin],
  },
  {
    name: 'buy',
    site: 'bank',
    needsSession: true,
    before: enrolDevice,
    begin: at('/buy'),
    steps: [
      {
        form: '/buy',
        valid: () => ({ amount: '5000' }),
        invalid: {
          nothing: [() => ({}), 'Choose an amount'],
          'another amount': [() => ({ amount: '5001' }), 'Choose an amount'],
        },
      },
      {
        form: '/confirm',
        readsBack: ['Lantern Books', '¥50.00', 'Buy for ¥50.00, payable to Lantern Books'],
        valid: signed,
        invalid: unsigned,
        does: true,
      },
      {
        form: '/told',
        readsBack: ['Voucher number', 'Password'],
        valid: async stage => {
          const [password = 'none'] = await passwords(stage)
          // Nobody writes down what was not shown.
          if (!stage.browser.text.replace(/\s/g, '').includes(password)) throw new Error('the password was not shown')
          stage.notes.set('password', password)
          return {}
        },
      },
    ],
    count: async stage => {
      const count = await bought(stage)
      return (await balance(stage, 'cai')) === 500_000n - 5_000n * BigInt(count) ? count : -1
    },
    // Whatever was bought and not written down comes first, wants to be signed for, and is shown until it is.
    again: async stage => {
      await signIn(stage)
      if (stage.browser.url.startsWith('/confirm')) {
        await stage.browser.send('/confirm', signed(stage))
        await stage.browser.send('/told')
      } else if ((await passwords(stage)).length > 0) throw new Error('what was bought does not come first')
      else await stage.browser.open('/vouchers?done=written')
    },
    said: 'The password is now known to you alone.',
    secrets: ({ pin, notes }) => [pin, notes.get('password') ?? pin],
  },
  {
    name: 'transfer',
    site: 'bank',
    needsSession: true,
    before: enrolDevice,
    begin: at('/transfer'),
    steps: [
      {
        form: '/transfer',
        valid: ({ world }) => ({ account: world.customers.bo.account, amount: '12.5' }),
        invalid: {
          'no account': [() => ({ account: '', amount: '5' }), 'Enter the account'],
          slip: [() => ({ account: '123456', amount: '5' }), 'This account number has a mistake in it.'],
          own: [stage => ({ account: customer(stage).account, amount: '5' }), 'That is your own account.'],
          unknown: [({ world }) => ({ account: world.unknownAccount, amount: '5' }), 'We have no account'],
          'no amount': [({ world }) => ({ account: world.customers.bo.account, amount: '' }), 'Enter the amount'],
          zero: [({ world }) => ({ account: world.customers.bo.account, amount: '0' }), 'above zero'],
          unreadable: [({ world }) => ({ account: world.customers.bo.account, amount: '1.234' }), 'such as 12.50'],
        },
      },
      {
        form: '/confirm',
        readsBack: ['Bo Li', '¥12.50', 'Send ¥12.50 to Bo Li'],
        valid: stage => {
          stage.notes.set('end', stage.browser.url)
          return signed(stage)
        },
        invalid: unsigned,
        does: true,
      },
    ],
    count: async stage => {
      const sent = (500_000n - (await balance(stage, 'cai'))) / 1_250n
      return (await balance(stage, 'bo')) === 3_000n + sent * 1_250n ? Number(sent) : -1
    },
    again: async stage => {
      await signIn(stage)
      await stage.browser.open(stage.notes.get('end') ?? '/account')
    },
    said: 'You have sent ¥12.50 to Bo Li.',
    secrets: ({ pin }) => [pin],
  },
  {
    name: 'new PIN',
    site: 'bank',
    needsSession: true,
    before: enrolDevice,
    begin: at('/pin'),
    steps: [
      {
        form: '/pin',
        valid: () => ({ next: '730281', again: '730281' }),
        invalid: {
          nothing: [() => ({ next: '', again: '' }), 'Enter a new PIN'],
          easy: [() => ({ next: '123456', again: '123456' }), 'too easy to guess'],
          different: [() => ({ next: '730281', again: '730282' }), 'the two were different'],
        },
      },
      {
        form: '/confirm',
        valid: stage => {
          stage.notes.set('end', stage.browser.url)
          return signed(stage)
        },
        invalid: unsigned,
        does: true,
      },
    ],
    count: async stage => {
      const origin = { channel: 'telephone', number: '31' } as const
      const { account } = customer(stage)
      const found = await stage.world.bank.signIn({ account, pin: new Secret('730281'), origin })
      if (found.outcome === 'signed-in') stage.pin = '730281'
      else await stage.world.bank.signIn({ account, pin: new Secret(stage.pin), origin })
      return found.outcome === 'signed-in' ? 1 : 0
    },
    again: async stage => {
      stage.pin = '730281'
      await signIn(stage)
      await stage.browser.open(stage.notes.get('end') ?? '/account')
    },
    said: 'Your PIN is changed.',
    secrets: () => ['730281'],
  },
  blocking({
    name: 'lost',
    what: 'account',
    readsBack: ['Block the account', 'Nothing can leave it any more'],
    count: async ({ world }) => {
      const rows = await world.harbour.store.read(tx => tx.all<{ what: string }>('SELECT what FROM customer_block'))
      return rows.every(({ what }) => what === 'account') ? rows.length : -1
    },
  }),
  blocking({
    name: 'a lost card',
    what: 'card',
    before: issueCard,
    readsBack: ['Block your card', 'Nobody can pay with it any more'],
    count: async ({ world }) => (await world.harbour.cards.list()).filter(({ state }) => state === 'blocked').length,
  }),
  {
    name: 'be paid',
    hosted: true,
    site: 'bank',
    needsSession: true,
    before: enrolDevice,
    begin: at('/paid'),
    steps: [
      { form: '/paid', readsBack: ['never your account'], valid: () => ({}) },
      { form: '/confirm', readsBack: ['Let others pay me'], valid: signed, invalid: unsigned, does: true },
    ],
    count: async stage => (await applications(stage)).length,
    again: at('/paid'),
    said: 'Your number',
    secrets: ({ pin }) => [pin],
  },
  {
    name: 'be paid no more',
    hosted: true,
    site: 'bank',
    needsSession: true,
    before: async stage => {
      await enrolDevice(stage)
      await stage.world.bank.becomePayee(customer(stage).account)
    },
    begin: at('/paid'),
    steps: [
      { form: '/paid', readsBack: ['Your number'], valid: () => ({}) },
      { form: '/confirm', readsBack: ['stay good'], valid: signed, invalid: unsigned, does: true },
    ],
    // Whoever comes back and finds it done does not ask to be a payee again.
    count: async stage => {
      const asked = await applications(stage)
      return asked.length === 1 ? asked.filter(({ closed }) => closed !== null).length : -1
    },
    again: at('/paid'),
    said: 'Anybody can pay you',
    secrets: ({ pin }) => [pin],
  },
  {
    name: 'passkey',
    site: 'bank',
    needsSession: true,
    begin: at('/passkeys'),
    steps: [
      {
        form: '/passkeys',
        valid: async stage => {
          const { code } = await stage.world.bank.passkeyCode(customer(stage).account)
          stage.notes.set('code', code.reveal())
          return { code: code.reveal(), name: 'telephone' }
        },
        invalid: {
          nothing: [() => ({ code: '', name: '' }), 'Enter the code'],
          'none asked for': [() => ({ code: '12345678', name: '' }), 'not good any more'],
          wrong: [
            async stage => {
              const { code } = await stage.world.bank.passkeyCode(customer(stage).account)
              return { code: `${code.reveal().slice(1)}${(Number(code.reveal()[0]) + 1) % 10}`, name: '' }
            },
            'not the code',
          ],
        },
      },
      {
        form: '/passkeys/new',
        valid: ({ browser, device }) => ({ response: device.create(browser.asked.challenge, site) }),
        invalid: {
          unsigned: [() => ({ response: '' }), 'Your browser does not sign'],
          'another challenge': [
            ({ device }) => ({ response: device.create('YW5vdGhlciBvcmRlciB0aGFuIHRoaXMgb25l', site) }),
            refused,
          ],
        },
        does: true,
      },
    ],
    count: async stage => (await stage.world.harbour.passkeys.list(customer(stage).account)).length,
    again: at('/passkeys?done=new'),
    said: 'The passkey is set up.',
    secrets: ({ pin, notes }) => [pin, notes.get('code') ?? pin],
  },
  {
    name: 'backup password',
    site: 'bank',
    needsSession: true,
    before: async stage => {
      await enrolDevice(stage)
      const { world } = stage
      const order = { buyer: customer(stage).account, payee: world.payee.id, channel: 'telephone' } as const
      const amount = { minor: 5_000n, asset: { code: 'CNY', scale: 2 } } as const
      const sale = await world.bank.sellVoucher({ ...order, amount, intent: '1'.repeat(32) as never })
      if (sale.outcome !== 'sold') throw new Error(sale.outcome)
      await world.bank.confirmHeard({ buyer: order.buyer, voucher: sale.voucher.id })
      stage.notes.set('voucher', sale.voucher.id)
      stage.notes.set('backup', (await backupInStock(world, sale.voucher.number)) ?? 'none')
    },
    begin: stage => at(`/backup?voucher=${stage.notes.get('voucher')}`)(stage),
    steps: [{ form: '/confirm', readsBack: ['Lantern Books', '¥50.00'], valid: signed, invalid: unsigned, does: true }],
    // Done is what is shown.
    count: async ({ browser, notes }) =>
      browser.text.replace(/\s/g, '').includes(notes.get('backup') ?? 'none') ? 1 : 0,
    again: async stage => {
      await at(`/backup?voucher=${stage.notes.get('voucher')}`)(stage)
      if (stage.browser.url.startsWith('/confirm')) await stage.browser.send('/confirm', signed(stage))
    },
    said: 'With the backup password, the merchant tells you',
    secrets: ({ pin, notes }) => [pin, notes.get('backup') ?? pin],
  },
]
