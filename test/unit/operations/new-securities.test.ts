/** `tonebank new securities`: a firm of one's own joins the file as the schema has it, or one sentence says why not, and nothing is written. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type NewFirm, type NewOptions, newSecurities } from '../../../bin/commands/new.ts'
import { demoText } from '../../../demo/institutions.ts'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import { institutionOf, readInstallation } from '../../../src/operations/installation/file.ts'

const list = `
- isin: CNE100000TE7
  number: "101"
  name: { en: Cloud Tea, zh: 云雾茶业 }
  shares: 10000
  prices: [{ from: "09:30", price: 1020 }, { from: "13:00", price: 985 }]
`
let folder = ''
let options: NewOptions & NewFirm

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-new-securities-'))
  for (const person of ['ann', 'ben'])
    writeFileSync(join(folder, person), `a passphrase of ${person}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'list.yaml'), list)
  options = {
    ...{
      data: folder,
      config: join(folder, 'tonebank.yaml'),
      nameEn: 'Cedar Securities',
      nameZh: '雪松证券',
      rings: '7101',
    },
    ...{ bank: 'seaside', list: join(folder, 'list.yaml'), capital: '1000.50' },
    ...{ first: 'Ann Lee', firstPassphrase: join(folder, 'ann') },
    ...{ second: 'Ben Ode', secondPassphrase: join(folder, 'ben') },
  }
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

it('writes the firm, with its list and the number that rings it in terminals', async () => {
  await newSecurities('cedar', options)
  expect(institutionOf(readInstallation(options.config ?? ''), 'cedar')).toMatchObject({
    ...{ kind: 'securities', rings: ['7101'], cards: { number: 7_101, collectsAt: 'seaside' }, capital: 100_050n },
    securities: [
      { isin: 'CNE100000TE7', number: '101', shares: 10_000n, prices: [{ price: 1_020n }, { price: 985n }] },
    ],
  })
  expect(existsSync(join(folder, 'institutions/cedar/people'))).toBe(true)
})

it('says in one sentence what is wrong, and writes nothing', async () => {
  writeFileSync(join(folder, 'tonebank.yaml'), demoText)
  const refused = async (change: Partial<NewOptions & NewFirm>): Promise<string> => {
    const error = await newSecurities('cedar', { ...options, ...change }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof CannotDo)) throw new Error(`not refused: ${JSON.stringify(change)}`)
    expect(error.message).not.toContain('\n')
    return error.message
  }
  const listed = (from: string, to: string) => {
    writeFileSync(join(folder, 'wrong.yaml'), list.replace(from, to))
    return refused({ list: join(folder, 'wrong.yaml') })
  }
  expect(await refused({ list: join(folder, 'none.yaml') })).toContain('there is no ')
  expect(await refused({ number: 10_000n })).toContain('10000 is no number in terminals')
  expect(await refused({ number: 7_001n })).toBe('7001 is the number of pine in terminals already')
  expect(await refused({ bank: 'lantern' })).toContain('lantern is no bank')
  expect(await refused({ rings: '7001' })).toContain('7001 is the number of pine')
  expect(await refused({ capital: 'much' })).toContain('much is no amount')
  expect(await listed('TE7', 'TE8')).toContain('wrong.yaml: 0.isin: no ISIN')
  expect(await listed('"101"', '101')).toContain('wrong.yaml: 0.number:')
  expect(await listed('"13:00"', '"09:00"')).toContain('each price begins later than the one before')
  expect(await listed('- isin', 'isin')).toContain('wrong.yaml:')
  expect(await listed(list, '')).toContain('wrong.yaml: the list:')
  expect(readFileSync(join(folder, 'tonebank.yaml'), 'utf8')).toBe(demoText)
})
