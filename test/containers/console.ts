/** Callers at the console's phone of a container: served by the institution that runs there, by the scripts that serve a call. */
import { type Engine, hold } from './engine.ts'

export interface Voucher {
  readonly number: string
  readonly password: string
}

/** What a voucher costs here, at 8001, in yuan. */
const price = 50

export interface Buyer {
  readonly account: string
  readonly pin: string
}

/** Machine one and machine two have the same customers. */
export async function buyerOf(engine: Engine, container: string): Promise<Buyer> {
  const saved = JSON.parse(await engine.ask(['exec', container, 'cat', '/data/institutions/customers.json']))
  return saved.customers[0]
}

/** Keys in one line after the other, each once the question before it has been put. @throws when the phone ends in an error */
function phone(engine: Engine, container: string, number: string, keys: readonly string[]): Promise<string> {
  const program = ['node', 'bin/tonebank.mjs', 'phone', number, '--config', '/data/tonebank.yaml']
  return engine.ask(['exec', '--interactive', container, ...program], keys.map(line => `${line}\n`).join(''))
}

/** @returns the voucher that was told. @throws when none was */
export async function buy(engine: Engine, container: string, { account, pin }: Buyer): Promise<Voucher> {
  const screen = await phone(engine, container, '9001', ['1', `${account}#${pin}`, '2', '8001#', `${price}#`, '1', '1'])
  const told = /voucher number is: ([\d ]+)\.[\s\S]*password is: ([\d ]+)\./.exec(screen)
  const [number, password] = (told ?? []).slice(1).map(digits => digits.replaceAll(' ', ''))
  if (number === undefined || password === undefined) throw new Error(`no voucher was told:\n${screen}`)
  return { number, password }
}

/** @returns as the bank says it, such as `1000 yuan` */
export async function balanceOf(engine: Engine, container: string, { account, pin }: Buyer): Promise<string> {
  const screen = await phone(engine, container, '9001', ['1', `${account}#${pin}`, '1'])
  const balance = /Your balance is ([^\n]*yuan)/.exec(screen)?.[1]
  if (balance === undefined) throw new Error(`no balance was told:\n${screen}`)
  return balance
}

/** Pays all of it at 8001. @throws when it is not taken */
export async function payWith(engine: Engine, container: string, { number, password }: Voucher): Promise<void> {
  const screen = await phone(engine, container, '8001', ['1', '1', `${number}#`, `${password}#`, '1', `${price}#`, '1'])
  // Neither number nor password.
  if (!screen.includes(`You have paid ${price} yuan`))
    throw new Error(`a voucher was not taken:\n${screen.slice(-400)}`)
}

/** Proves the books of each institution that is served there. */
export async function audit(engine: Engine, container: string): Promise<void> {
  const said = await engine.ask([
    'exec',
    container,
    'node',
    'bin/tonebank.mjs',
    'audit',
    '--config',
    '/data/tonebank.yaml',
  ])
  const right = said.split('The books are right').length - 1
  hold(right > 0 && !said.includes('not right'), `the books of ${right} institutions are right`)
}
