/** A secret is seen by nobody by accident: it prints as three dots, whoever prints it. */
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret, secretCodec } from '../../src/secret.ts'

const secret = new Secret('246810')

test('however it is printed', () => {
  expect(inspect(secret)).toBe('•••')
  expect(inspect({ pin: [secret] })).toBe('{ pin: [ ••• ] }')
  expect(`${secret}`).toBe('•••')
  expect(JSON.stringify({ secret })).toBe('{"secret":"•••"}')
})

test('it crosses threads through its codec', () => {
  expect(secretCodec.decode(structuredClone(secretCodec.encode(secret))).reveal()).toBe('246810')
})
