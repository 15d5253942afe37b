/** Text stands out by 7:1 and edges by 3:1 (WCAG 2.2, 1.4.6 and 1.4.11), in light and in dark, measured from the stylesheet. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync('src/web/files/style.css', 'utf8')
const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, tokens]) => tokens ?? '')

const colour = (tokens: string, name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(tokens)?.[1] ?? ''

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

describe.each([
  ['light', light],
  ['dark', dark],
])('in %s', (_, tokens) => {
  test.each([
    ['ink', ['paper', 'ground', 'tint', 'bad-tint']],
    ['quiet', ['paper', 'ground']],
    ['accent', ['paper', 'ground', 'tint']],
    ['accent-strong', ['paper', 'ground']],
    ['bad', ['paper', 'ground', 'bad-tint']],
    ['good', ['good-tint']],
    ['on-accent', ['accent', 'accent-strong']],
  ] as const)('%s can be read on %j', (text, grounds) => {
    for (const ground of grounds) {
      expect(contrast(colour(tokens, text), colour(tokens, ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(7)
    }
  })

  test.each([
    ['edge', ['paper', 'ground']],
    ['focus', ['paper', 'ground']],
    ['good', ['good-tint']],
  ] as const)('%s can be seen on %j', (edge, grounds) => {
    for (const ground of grounds) {
      expect(contrast(colour(tokens, edge), colour(tokens, ground)), `${edge} on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  })
})
