/** Each check of the soft card, taken out of a copy of the code: what it answers at its contacts says so. */
import { afterAll, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes.ts'
import { pinBlock } from '../../../src/card/pin-block.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { Secret } from '../../../src/secret.ts'
import type { Edit } from '../../support/edit-once.ts'
import { issuedCard, TestStore } from './cards.ts'
import { puk, seeded } from './cast.ts'
import { Copies, never } from './copies.ts'

const entry = 'src/card/soft/soft-card.ts'
const commands = 'src/card/soft/commands.ts'
const copies = new Copies()
afterAll(() => copies.dispose())

const faults: readonly Edit[] = [
  never('nothing need be selected', 'if (!this.#isSelected) return'),
  never('a terminated card goes on', 'if (this.#memory.isTerminated) return answer(status.terminated)'),
  {
    name: 'no PIN is needed',
    find: 'if (key === null || !this.#isVerified) return',
    replace: 'if (key === null) return',
  },
  {
    name: 'a PIN is good for many signatures',
    find: 'this.#isVerified = false\n    this.#signed = undefined\n    if (order',
    replace: 'this.#signed = undefined\n    if (order',
  },
  { name: 'the counter stands still', find: 'const counter = last + 1', replace: 'const counter = last' },
  {
    name: 'the counter is not kept',
    find: 'await this.#keep({ counter })',
    replace: 'this.#memory = { ...this.#memory, counter }',
  },
  never('a blocked PIN is tried', 'if (left === 0) return answer(status.blocked)'),
  { name: 'a PIN of another length is tried', find: ' || lengthIn(data) !== lengthIn(person.pin)', replace: '' },
  { name: 'tries are not counted', find: 'await this.#keep({ pinTries: left - 1 })', replace: '' },
  never('any PIN is right', 'if (!isEqual(data, person.pin)) return'),
  {
    name: 'a PIN verified before stays verified',
    find: 'this.#isVerified = false\n    if (left === 0)',
    replace: 'if (left === 0)',
  },
  {
    name: 'PUKs are not counted',
    find: 'await this.#keep({ pukTries: left - 1, isTerminated: left === 1 })',
    replace: '',
  },
  never('any PUK is right', 'if (!isEqual(puk, person.puk)) return'),
  never('any new PIN will do', 'if (!fits) return'),
  {
    name: 'many passwords for one signature',
    find: 'if (password === undefined) return answer(status.wrongData)\n    this.#signed = undefined',
    replace: 'if (password === undefined) return answer(status.wrongData)',
  },

  never('a card is issued twice', 'if (this.#memory.person !== null || this.#memory.key === null) return'),
  never('a key is made anew', 'if (this.#memory.person !== null) return'),
]

const block = (digits: string) => toHex(pinBlock(new Secret(digits)))
const verify = (digits: string) => `0020008008${block(digits)}`
const unblock = (by: string, digits: string) => `002c008010${block(by)}${block(digits)}`
const [select, sign, encipher] = ['00a4040009f0544f4e4542414e4b00', '002a9e9a0101', `002a848008${block('90817263')}`]
const [right, wrong, choose] = [verify('246810'), verify('000000'), '002241b803840102']

/** Each a card's life from its issue on; `!` cuts the power. */
const lives: readonly (readonly string[])[] = [
  [sign, select, sign, right, sign, sign, '00ca9f3600'],
  [select, right, sign, '!', select, '00ca9f3600', right, sign],
  [select, wrong, '!', select, wrong, wrong, right, sign],
  [select, right, wrong, sign, right, '00200080', verify('2468'), '00200080'],
  [
    select,
    unblock('1111111111', '135790'),
    '!',
    select,
    unblock('1111111111', '135790'),
    unblock(puk.reveal(), '13579'),
    unblock(puk.reveal(), '135790'),
    verify('135790'),
    right,
  ],
  [select, ...new Array(5).fill(unblock('1111111111', '135790')), right, '!', select, right],
  [select, choose, encipher, right, sign, choose, encipher, encipher],
  [select, '0047800005ac03800102', '00da010003c10161'],
]

/** What a card answers in these lives, signatures and sealed passwords by their length. */
async function answers(Card: typeof SoftCard): Promise<string[]> {
  const said: string[] = []
  for (const life of lives) {
    const { store } = await issuedCard()
    const kept = new TestStore()
    await kept.save((await store.load()) ?? new Uint8Array())
    let card = await Card.insert(kept, seeded(2))
    for (const command of life) {
      if (command === '!') card = await Card.insert(kept, seeded(3))
      else said.push(await card.transmit(fromHex(command)).then(told, error => String(error)))
    }
  }
  return said
}

function told(response: Uint8Array): string {
  const text = toHex(response)
  return text.length === 140 ? `${text.slice(0, 8)} and a signature` : text.length === 52 ? 'a sealed password' : text
}

const asItIs = await answers(SoftCard)

async function answersOf(fault?: Edit): Promise<string[]> {
  const copy = (await copies.of(entry, commands, fault)) as { SoftCard: typeof SoftCard }
  return answers(copy.SoftCard)
}

test('a copy without a fault answers as the card does', async () => {
  expect(await answersOf()).toEqual(asItIs)
})

test.each(faults)('$name: found', async fault => {
  expect(await answersOf(fault)).not.toEqual(asItIs)
})
