import { expect, test } from 'vitest'
import { abortsOnCollection } from '../../../src/store/driver.ts'

test('the versions of Node in which a collected statement ends the process', () => {
  for (const harmless of ['20.19.0', '22.23.2', '24.0.0', '24.18.9']) expect(abortsOnCollection(harmless)).toBe(false)
  for (const harmful of ['24.19.0', '24.21.0', '25.0.0', '26.10.0']) expect(abortsOnCollection(harmful)).toBe(true)
})
