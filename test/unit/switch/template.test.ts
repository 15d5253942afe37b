import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fill } from '../../../src/switch/template.ts'

test('each placeholder is replaced by its value', () => {
  expect(fill('bind = {{host}}:{{port}} ; {{host}}', { host: '127.0.0.1', port: 5060 })).toBe(
    'bind = 127.0.0.1:5060 ; 127.0.0.1',
  )
})

test('a missing value is an error, not an empty setting', () => {
  expect(() => fill('secret = {{password}}', {})).toThrow('no value for password')
})

test('a value cannot begin another setting', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('\n', '\r', ';'), fc.string(), (before, breaking, after) => {
      expect(() => fill('a = {{value}}', { value: before + breaking + after })).toThrow('line break or a semicolon')
    }),
    { seed: 20_261_122 },
  )
})
