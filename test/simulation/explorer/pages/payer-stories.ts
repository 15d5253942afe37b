/** What payers do at a payee's page. */
import { Secret } from '../../../../src/secret.ts'
import { aPhone } from '../../../support/ids.ts'
import { backupInStock } from '../../../support/stock-passwords.ts'
import type { Stage } from './stage.ts'
import type { Step, Story } from './story.ts'

const voucher = ({ world }: Stage) => world.vouchers.confirmed
const wrong = '73916405'

const opening: Step = {
  form: '/',
  valid: stage => ({ number: voucher(stage).number, secret: stage.notes.get('password') ?? voucher(stage).password }),
  invalid: {
    'no number': [() => ({ number: '', secret: wrong }), 'Enter the voucher number'],
    slip: [() => ({ number: '6180102938475613', secret: wrong }), 'This voucher number has a mistake in it.'],
    'no password': [stage => ({ number: voucher(stage).number, secret: '' }), 'Enter the password'],
    'wrong password': [stage => ({ number: voucher(stage).number, secret: wrong }), 'We cannot accept'],
    'unsold number': [({ world }) => ({ number: world.unsoldNumber, secret: wrong }), 'We cannot accept'],
  },
}

/** Opens, for whatever comes next. */
const at = (address: string) => (stage: Stage) => stage.browser.open(`/?${new URLSearchParams({ next: address })}`)

async function openedAt(stage: Stage, address: string): Promise<void> {
  await stage.browser.open(address)
  if (!stage.browser.url.startsWith('/?')) return
  await stage.browser.send('/', await opening.valid(stage))
}

const earned = async ({ world }: Stage): Promise<bigint> => {
  const rows = await world.lantern.store.read(tx =>
    tx.all<{ posted: bigint }>(`SELECT posted FROM balance WHERE account = 'revenue:harbour'`),
  )
  return rows[0]?.posted ?? 0n
}

const backup = async (stage: Stage, number = voucher(stage).number) => (await backupInStock(stage.world, number)) ?? ''

const wrongBackup: Step['invalid'] = {
  'no number': [() => ({ number: '', secret: '123456789012' }), 'Enter the voucher number'],
  slip: [() => ({ number: '6180102938475613', secret: '123456789012' }), 'This voucher number has a mistake in it.'],
  'no backup': [stage => ({ number: voucher(stage).number, secret: '' }), 'Enter the backup password'],
  'wrong backup': [stage => ({ number: voucher(stage).number, secret: '123456789012' }), 'We cannot accept'],
}

export const payerStories: readonly Story[] = [
  {
    name: 'pay',
    site: 'payer',
    needsSession: true,
    begin: at('/pay'),
    steps: [
      opening,
      {
        form: '/pay/confirm',
        valid: () => ({ amount: '12.5' }),
        invalid: {
          nothing: [() => ({ amount: '' }), 'Enter the amount'],
          zero: [() => ({ amount: '0' }), 'above zero'],
          unreadable: [() => ({ amount: 'twelve' }), 'such as 12.50'],
          'too much': [() => ({ amount: '50.01' }), 'has only ¥50.00 left'],
        },
      },
      {
        form: '/pay/confirm',
        readsBack: ['Lantern Books', '¥12.50', 'Left afterwards ¥37.50', 'Pay ¥12.50 to Lantern Books'],
        valid: stage => {
          stage.notes.set('end', stage.browser.url)
          return {}
        },
        does: true,
      },
    ],
    count: async stage => {
      const sum = await earned(stage)
      return sum % 1_250n === 0n ? Number(sum / 1_250n) : -1
    },
    again: stage => openedAt(stage, stage.notes.get('end') ?? '/voucher'),
    said: 'You have paid ¥12.50 to Lantern Books.',
    secrets: stage => [voucher(stage).password, voucher(stage).number],
  },
  {
    name: 'change password',
    site: 'payer',
    needsSession: true,
    begin: at('/password'),
    steps: [
      opening,
      {
        form: '/password',
        valid: stage => {
          stage.notes.set('next', '82640517')
          return { next: '82640517', again: '82640517' }
        },
        invalid: {
          nothing: [() => ({ next: '', again: '' }), 'Enter a new password'],
          easy: [() => ({ next: '12345678', again: '12345678' }), 'too easy to guess'],
          different: [() => ({ next: '82640517', again: '82640518' }), 'the two were different'],
        },
        does: true,
      },
    ],
    count: async stage => {
      const password = new Secret('82640517')
      const opened = await stage.world.merchant.openVoucher({ number: voucher(stage).number, password, origin: aPhone })
      if (opened.outcome !== 'open') {
        const old = new Secret(voucher(stage).password)
        await stage.world.merchant.openVoucher({ number: voucher(stage).number, password: old, origin: aPhone })
        return 0
      }
      stage.notes.set('password', '82640517')
      return 1
    },
    again: stage => {
      stage.notes.set('password', '82640517')
      return openedAt(stage, '/voucher?done=password')
    },
    said: 'Left on your voucher',
    secrets: stage => [voucher(stage).password, '82640517'],
  },
  {
    name: 'end',
    site: 'payer',
    needsSession: true,
    begin: at('/end'),
    steps: [
      opening,
      {
        form: '/end',
        readsBack: ['¥50.00'],
        valid: () => ({}),
        does: true,
      },
    ],
    count: async ({ world }) => {
      const rows = await world.lantern.store.read(tx => tx.all(`SELECT number FROM voucher WHERE state = 'terminated'`))
      return rows.length
    },
    // Its password is of no use any more, and whoever tries is told.
    again: async stage => {
      await stage.browser.open('/')
      await stage.browser.send('/', await opening.valid(stage))
    },
    said: 'goes back to the account that bought it',
    secrets: stage => [voucher(stage).password],
  },
  {
    name: 'forgotten password',
    site: 'payer',
    needsSession: false,
    begin: ({ browser }) => browser.open('/forgot'),
    steps: [
      {
        form: '/forgot',
        valid: async stage => ({ number: voucher(stage).number, secret: await backup(stage) }),
        invalid: wrongBackup,
        does: true,
      },
    ],
    count: async stage => (stage.browser.text.replace(/\s/g, '').includes(voucher(stage).password) ? 1 : 0),
    again: async stage => {
      await stage.browser.open('/forgot')
      await stage.browser.send('/forgot', { number: voucher(stage).number, secret: await backup(stage) })
    },
    said: 'Please write it down now.',
    secrets: async stage => [voucher(stage).password, await backup(stage)],
  },
  {
    name: 'unlock',
    site: 'payer',
    needsSession: false,
    begin: ({ browser }) => browser.open('/unlock'),
    steps: [
      {
        form: '/unlock',
        valid: async ({ world }) => {
          const { number } = world.vouchers.locked
          return { number, secret: (await backupInStock(world, number)) ?? '' }
        },
        invalid: wrongBackup,
        does: true,
      },
    ],
    count: async ({ world }) => {
      const rows = await world.lantern.store.read(tx => tx.all(`SELECT number FROM voucher WHERE state = 'locked'`))
      return 1 - rows.length
    },
    again: async stage => {
      const { number } = stage.world.vouchers.locked
      await stage.browser.open('/unlock')
      await stage.browser.send('/unlock', { number, secret: (await backupInStock(stage.world, number)) ?? '' })
    },
    said: 'locked',
    secrets: async ({ world }) => [(await backupInStock(world, world.vouchers.locked.number)) ?? ''],
  },
]
