import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CatalogueFaulty, parseCatalogue } from '../../../src/speech/catalogue.ts'
import { phraseTypes } from '../../../src/speech/phrase-types.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { fragmentsOf } from '../../../src/speech/spoken.ts'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

describe('the catalogue', () => {
  it('has the same keys and slots in both languages', () => {
    const catalogue = loadCatalogue(at('prompts'))
    expect(catalogue.en.size).toBeGreaterThan(100)
    expect([...catalogue.zh.keys()].sort()).toEqual([...catalogue.en.keys()].sort())
  })

  it('has its types written: else run `npm run phrases`', () => {
    expect(readFileSync(at('src/speech/phrases.ts'), 'utf8')).toBe(phraseTypes(loadCatalogue(at('prompts'))))
  })

  it('apologises in one clip, which the dialplan plays by a fixed name', () => {
    const { en, zh } = loadCatalogue(at('prompts'))
    for (const phrases of [en, zh]) {
      const apology = phrases.get('apology')
      expect(apology && fragmentsOf(apology)).toHaveLength(1)
    }
  })

  it.each([
    ['a phrase that one language lacks', 'a: "x"\nb: "y"', 'a: "x"', 'b: missing in zh'],
    ['another slot', 'a: "{x:digits}"', 'a: "{y:digits}"', 'a: slots differ: x:digits and y:digits'],
    ['another kind', 'a: "{x:digits}"', 'a: "{x:number}"', 'a: slots differ: x:digits and x:number'],
    ['one slot of two kinds', 'a: "{x:digits} {x:number}"', 'a: "{x:digits} {x:number}"', 'en a: slot x has two kinds'],
    ['a kind that does not exist', 'a: "{x:colour}"', 'a: "x"', 'en a: no slot is of kind colour'],
    ['a slot without a kind', 'a: "{x}"', 'a: "x"', 'en a: {x} is not {slot:kind}'],
    ['a lost brace', 'a: "x} y"', 'a: "x"', 'en a: a brace without its partner'],
    ['no text', 'a: ""', 'a: "x"', 'en a: no text'],
    ['a key in capitals', 'A: "x"', 'A: "x"', 'en A: a key is lower case, digits, - and .'],
  ])('refuses %s', (_, en, zh, fault) => {
    expect(() => parseCatalogue({ en, zh })).toThrow(CatalogueFaulty)
    expect(() => parseCatalogue({ en, zh })).toThrow(fault)
  })
})
