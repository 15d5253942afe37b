/** A payee's file that two officers declare void at the counter: what both read before they sign is what the books say of it. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signProposal } from '../../../src/keys/approval.ts'
import { yuan } from '../../../src/money.ts'
import { now, randomId } from '../../../src/runtime.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { counterOrigin, counterWebOf, PaperBrowser } from '../../support/paper-browser.ts'
import { enrolPerson } from '../../support/people-by-passkey.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const site = { id: 'counter.harbour.localhost', origin: counterOrigin }

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance
let isChanged = false
beforeEach(async () => {
  isChanged = false
  runtime = new VirtualRuntime({
    seed: 77,
    // Between its header and the letters with its lines.
    onEvent: event => {
      if (event === 'reached day-end.built' && isChanged)
        void world.lantern.store.execute(tx => tx.run('UPDATE day_end_line SET minor = minor + 100 WHERE line = 1'))
    },
  })
  world = await runtime.run(() => openWorld({ runtime }))
  app = await counterWebOf(world)
})
afterEach(async () => {
  await app.close()
  await runtime.run(() => world.close())
})

test('shows what the books say of the file, says when they say something else by now, and carries it out', () =>
  runtime.run(async () => {
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    isChanged = true
    runtime.jumpWallClock(86_400_000)
    await world.lantern.nightly()
    await settleAll(world)
    const { harbour, staff } = world
    const [file] = await harbour.store.read(tx =>
      tx.all<{ number: bigint; date: string }>("SELECT number, date FROM payee_file WHERE state = 'refused'"),
    )
    if (file === undefined) throw new Error('it was not refused')
    const why = 'a disk was repaired'
    const asked = { payee: 'lantern', number: file.number, why }
    const request = await harbour.decisions.withFacts('void-file', asked)
    const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
    const what = { tenant: 'harbour', kind: 'void-file', request, why }
    const made = await harbour.decisions.propose(signProposal(staff.maker, what, drawn))
    if (made.outcome !== 'proposed') throw new Error(made.outcome)

    const device = await enrolPerson(harbour, runtime, staff.checker, site)
    const browser = new PaperBrowser(app, { host: site.id })
    await browser.open('/')
    await browser.send('/', { response: device.get(browser.asked.challenge, site) })
    expect(browser.text).toContain('Declare a payee’s file void')
    const url = `/proposal?digest=${made.digest}`
    await browser.open(url)
    for (const said of [file.date, why, '¥10.00', '¥11.00', 'The sums of its lines are not those of its header.'])
      expect(browser.text).toContain(said)
    expect(browser.text).not.toContain('something else by now')

    const dated = (date: string) =>
      harbour.store.execute(tx => tx.run('UPDATE payee_file SET date = ? WHERE number = ?', date, file.number))
    await dated('2020-01-01')
    await browser.open(url)
    expect(browser.text).toContain('The books say something else by now')
    await browser.send('/proposal', { response: device.get(browser.asked.challenge, site) })
    expect(browser.text).toContain('the books say something else by now than what was signed, and a new proposal')
    await dated(file.date)
    await browser.open(url)
    await browser.send('/proposal', { response: device.get(browser.asked.challenge, site) })
    expect(browser.text).toContain('Approved and done')
    expect(
      await harbour.store.read(tx => tx.all('SELECT number FROM payee_file WHERE voided_by = ?', made.digest)),
    ).toEqual([{ number: file.number }])
  }))
