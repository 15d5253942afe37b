/** Whatever a value holds, it is shown and never read as markup. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { html } from '../../../src/web/html.ts'
import { safeNext } from '../../../src/web/next.ts'
import { parseTypedAmount } from '../../../src/web/read-amount.ts'

describe('markup', () => {
  test('escapes what stands in it, in text and in attributes', () => {
    const nasty = `<script>alert("1")</script>'&`
    const shown = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;'
    expect(html`<p title="${nasty}">${nasty}</p>`.toString()).toBe(`<p title="${shown}">${shown}</p>`)
  })

  test('has no character of anybody’s that could end a text or an attribute', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(html`${text}`.toString()).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/)
      }),
      { seed: 1 },
    )
  })

  test('takes other markup as it is, lists one after another, and nothing for what is not there', () => {
    expect(html`${[html`<b>${1}</b>`, 'a<']}${undefined}${false}`.toString()).toBe('<b>1</b>a&lt;')
  })
})

describe('where one goes on', () => {
  test('is a path of ours or nothing', () => {
    expect(safeNext('/pay/confirm?intent=0a&amount=12.50')).toBe('/pay/confirm?intent=0a&amount=12.50')
    for (const other of ['', '/', '//x', 'https://x', '/\\x', '/%0d%0a', 'javascript:1', '/a\nb', '/a#b']) {
      expect(safeNext(other)).toBeUndefined()
    }
  })
})

describe('an amount', () => {
  test.each([
    ['12', 1_200n],
    ['12.5', 1_250n],
    ['12,50', 1_250n],
    ['1,032.50', 103_250n],
    ['1,032', 103_200n],
    ['￥１２．５０', 1_250n],
    ['12。5元', 1_250n],
    ['999999999999.99', 99_999_999_999_999n],
  ])('%j is %s', (typed, minor) => expect(parseTypedAmount(typed)).toBe(minor))

  test.each(['', '.5', '1.234', '1.2.3', '-1', '1e3', '1234567890123', '0x10', '12*5'])('%j is none', typed =>
    expect(parseTypedAmount(typed)).toBeUndefined(),
  )
})
