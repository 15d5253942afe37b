/**
 * Runs on a disk of two megabytes that is filled up in the middle of a call: `node … FOLDER`. Prints what its callers
 * heard and what the log says.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { carryOut, untilKnown } from '../../ivr/dialogs/carry-out.ts'
import { logTranscript, openLog } from '../../src/operations/log.ts'
import type { Call } from '../../src/phone/call.ts'
import { openStore } from '../../src/store/open.ts'
import { accountNumber } from '../support/ids.ts'
import { simulateCall } from '../support/simulated-line.ts'
import { catalogueSpeech } from '../support/speech.ts'
import { VirtualRuntime } from '../support/virtual-runtime.ts'

const buyer = accountNumber('1001')
const [folder = ''] = process.argv.slice(2)
const runtime = new VirtualRuntime()
const log = openLog(folder)
const table = 'CREATE TABLE sold (request TEXT PRIMARY KEY, filler BLOB NOT NULL) STRICT'
const store = openStore({
  runtime,
  at: { folder: join(folder, 'books') },
  migrations: [{ room: 'shop', number: 1, sql: table }],
})

const sell = (request: string) =>
  store.execute(tx => tx.run('INSERT INTO sold VALUES (?, ?)', request, new Uint8Array(30_000)))

async function buy(call: Call): Promise<void> {
  await carryOut(call, ['sale', buyer], sell)
  await call.say('buy.sold')
}

async function hearWhatBecameOfIt(call: Call): Promise<void> {
  const request = call.resumed?.intent?.id ?? ''
  const rows = await untilKnown(call, () =>
    store.read(tx => tx.all('SELECT request FROM sold WHERE request = ?', request)),
  )
  await call.say(rows.length === 0 ? 'resumed.not-done' : 'resumed.pin-changed')
  await buy(call)
}

const ballast = join(folder, 'ballast')
const phone = (script: (call: Call) => Promise<void>, resumed?: Parameters<typeof simulateCall>[1]['resumed']) =>
  simulateCall(
    runtime,
    { speech: catalogueSpeech(), script, transcript: logTranscript(log, 'a call'), ...(resumed && { resumed }) },
    async () => {},
  )

fillUp(ballast)
const first = await phone(buy)
rmSync(ballast)
const second = await phone(hearWhatBecameOfIt, first.progress)
await runtime.run(() => store.close())
log.info('the end')

const lines = readFileSync(join(folder, 'log.ndjson'), 'utf8').trimEnd().split('\n')
const lost = lines.map(line => JSON.parse(line)).flatMap(line => (line.lost ? [line.lost] : []))
process.stdout.write(JSON.stringify({ first: first.said, firstEnded: first.ended, second: second.said, lost }))

function fillUp(file: string): void {
  writeFileSync(file, '')
  const handle = openSync(file, 'a')
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeSync(handle, new Uint8Array(size))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
  closeSync(handle)
}
