/** A payee's name in an order is one that an order takes, whatever the customer is called. */
import { expect, test } from 'vitest'
import { nameOnOrder } from '../../../../src/bank/cards/payee-name.ts'
import { payeeName } from '../../../../src/card/order-bytes.ts'

test.each([
  [{ en: 'Lotus Books', zh: '荷花书店' }, 'Lotus Books 荷花书店'],
  [{ en: 'KTV', zh: 'KTV' }, 'KTV'],
  [{ en: ' Ann\n Lee ', zh: '李\u200b安' }, 'Ann Lee 李 安'],
  [{ en: 'Andre\u0301', zh: '安' }, 'André 安'],
  // 20 characters of three bytes each are as many as fit.
  [
    { en: 'The Association for the Care of Lighthouses', zh: '灯塔保护协会' },
    'The Association for the Care of Lighthouses',
  ],
  [{ en: 'x'.repeat(70), zh: '长' }, 'x'.repeat(60)],
  [{ en: `${'海'.repeat(19)}é海`, zh: '海' }, `${'海'.repeat(19)}é`],
])('%o', (name, expected) => {
  const said = nameOnOrder(name)
  expect(said).toBe(expected)
  expect(payeeName.safeParse(said).success).toBe(true)
})
