import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { abortsOnCollection } from '../../../src/store/driver.ts'

test('the versions of Node in which a collected statement ends the process', () => {
  for (const harmless of ['20.19.0', '22.23.2', '24.0.0', '24.18.9']) expect(abortsOnCollection(harmless)).toBe(false)
  for (const harmful of ['24.19.0', '24.21.0', '25.0.0', '26.10.0']) expect(abortsOnCollection(harmful)).toBe(true)
})

test('databases, statements and iterators are kept where a collected one ends the process', async () => {
  const driver = new URL('../../../src/store/driver.ts', import.meta.url)
  const program = `
    import { setTimeout as sleep } from 'node:timers/promises'
    import { Database, keepAll } from '${driver}'
    const left = () => {
      const database = new Database(':memory:')
      const statement = database.prepare('SELECT 1 AS one')
      return [statement, statement.iterate()].map(each => new WeakRef(each))
    }
    const collected = async refs => {
      await sleep(1)
      gc()
      return refs.map(ref => ref.deref() === undefined)
    }
    const before = await collected(left())
    keepAll()
    console.log(JSON.stringify([before, await collected(left())]))`
  const how = ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, how)
  expect(JSON.parse(stdout)).toEqual([
    [true, true],
    [false, false],
  ])
})
