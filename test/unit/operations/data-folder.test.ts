/** A folder with other things in it is not taken for a new installation's; one where a volume was mounted for Asterisk is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareFolder } from '../../../src/operations/installation/data-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-folder-'))
  mkdirSync(join(folder, 'switch'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const prepare = () => prepareFolder(join(folder, 'tonebank.yaml'))

test('an empty folder for Asterisk may be there already', () => {
  expect(prepare).not.toThrow()
})

test('one with something in it may not, unless an installation is there', () => {
  writeFileSync(join(folder, 'switch/board.txt'), '')
  expect(prepare).toThrow('holds other things, such as switch,')
  writeFileSync(join(folder, 'tonebank.yaml'), '')
  expect(prepare).not.toThrow()
})
