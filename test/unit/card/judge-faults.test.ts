/** Each check of the judgement, taken out of a copy of the code: a trial says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import type { judgeOrder } from '../../../src/card/judge.ts'
import { type Edit, edited } from '../../support/edit-once.ts'
import { trials, verdictOf } from './trials.ts'

const judgeFile = resolve('src/card/judge.ts')
const folder = mkdtempSync(join(tmpdir(), 'tonebank-judges-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const never = (name: string, find: string): Edit => ({ name, find, replace: find.replace('if (', 'if (false && ') })

const faults: readonly Edit[] = [
  never('the receiver is not compared', "if (order.receiver !== receiver) return { reason: 'other-receiver' }"),
  never('a foreign nonce is taken', "if (asked.state === 'foreign') return"),
  never('a used nonce is taken', "if (asked.state === 'used') return"),
  never('nobody compares with what was asked', 'if (field !== undefined) return'),
  never('no answer is late', 'if (now > order.expiresAt) return'),
  { name: 'no answer is early', find: 'return now < order.issuedAt - clocksDiffer ?', replace: 'return false ?' },
  never('an unknown card is one from elsewhere', "if (card === 'unknown') return refused({ reason: 'unknown-card' })"),
  never('cards are not looked at', "if (card !== 'elsewhere') {"),
  never('counters are not compared', 'if (witness.counter <= card.counter) return'),
  never('signatures are not verified', 'if (!(await isSign1By(card.key, message))) return'),
  never('the issuer is not compared', 'if (order.issuer !== card.issuer) return'),
  never('the account is not compared', 'if (order.account !== card.account) return'),
  never('blocked and revoked cards go on', "if (card.state !== 'active') return"),
  { name: 'no card expires', find: 'return now > card.expiresAt ?', replace: 'return false ?' },
  { name: 'payees are not looked at', find: "'payee' in order ?", replace: 'false ?' },
  never('an unknown payee is paid', "if (known === 'unknown') return"),
  never('names are not compared', "if (known !== 'elsewhere' && known.name !== payee.name) return"),
  { name: 'anybody collects for anybody', find: 'return collects && !', replace: 'return false && !' },
  never('what only the issuer can tell is genuine', "if (card === 'elsewhere') return { outcome: 'plausible'"),
  never(
    'a password that cannot be opened is right',
    "if (opened === undefined) return { reason: 'password-unopenable' }",
  ),
  never('what is undecided is right', "if (compared === 'undecided') return"),
  { name: 'any password is right', find: "return compared === 'right' ?", replace: 'return true ?' },
  {
    name: 'the password is not judged',
    find: 'if (password === undefined) return undefined',
    replace: 'if (password !== null) return undefined',
  },
]

/** The code with the judge's file replaced, and nothing else. */
async function judgeOf(source: string, name: string): Promise<typeof judgeOrder> {
  const built = await build({
    entryPoints: [judgeFile],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
    absWorkingDir: process.cwd(),
    plugins: [
      {
        name: 'another judge',
        setup: ({ onLoad }) => {
          onLoad({ filter: /src\/card\/judge\.ts$/ }, () => ({ contents: source, loader: 'ts' }))
        },
      },
    ],
  })
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`)
  writeFileSync(file, rooted(built.outputFiles[0]?.text ?? ''))
  const judge: { judgeOrder: typeof judgeOrder } = await import(/* @vite-ignore */ pathToFileURL(file).href)
  return judge.judgeOrder
}

/** Packages are found from here, as the copy lies elsewhere. */
function rooted(code: string): string {
  return code.replaceAll(/ from "([^".][^"]*)"/g, (_, name) => ` from "${import.meta.resolve(name)}"`)
}

const all = await trials()

const found = async (judge: typeof judgeOrder) => {
  const wrong: string[] = []
  for (const trial of all) {
    const verdict = await trial.run(judge).then(verdictOf, error => String(error))
    if (verdict !== trial.expected) wrong.push(trial.name)
  }
  return wrong
}

test('a copy without a fault passes every trial', async () => {
  expect(
    await found(
      await judgeOf(
        edited(judgeFile, {
          name: 'none',
          find: 'export async function judgeOrder',
          replace: 'export async function judgeOrder',
        }),
        'right',
      ),
    ),
  ).toEqual([])
})

test.each(faults)('$name: found', async fault => {
  expect(await found(await judgeOf(edited(judgeFile, fault), fault.name))).not.toEqual([])
})
