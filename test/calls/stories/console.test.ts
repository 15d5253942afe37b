/** The console phone beside the running network: it is served by the institution that runs, with its books. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../harness/asterisk.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Network, startNetwork } from '../harness/network.ts'

let network: Network
beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

/** Keys in one line after the other, each once the question before it has been put. */
function phone(keys: readonly string[]): Promise<{ readonly code: number | null; readonly screen: string }> {
  const args = [join(root, 'bin/tonebank.mjs'), 'phone', '9001', '--data', network.dataFolder]
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
    let screen = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (screen += text))
    child.on('error', reject)
    child.on('close', code => done({ code, screen }))
    child.stdin.end(keys.map(line => `${line}\n`).join(''))
  })
}

it('buys a voucher by keys that are typed, after a wrong PIN and both keyed again', async () => {
  const buyer = network.customers[1]
  const log = network.log('harbour')
  const both = `${buyer?.account}#${buyer?.pin}`
  const { code, screen } = await phone(['1', `${buyer?.account}#`, '905318', both, '2', '8001#', '50#', '1', '1'])
  expect(screen).toMatch(/The voucher number is: (\d{4} ){3}\d{4}\./)
  expect(screen).toContain('Thank you. The password is now known to you alone.')
  expect(screen).not.toContain('905318')
  expect(code).toBe(0)
  await log.next({ event: 'ended', how: 'caller-left' })
  expect((await network.audit()).status).toBe(0)
})
