/**
 * The bank under measurement, as a process of its own, so that the kernel counts its processor time apart from ours. It
 * serves callers and writes its log as `tonebank institution` does; only its settings differ (`bank.ts` says why). It is
 * told over its channel where, as no password may stand among its arguments.
 */

import type { Logger } from 'pino'
import { drainVariable } from '../../dialplan/extensions.ts'
import { bankLine } from '../../ivr/bank/bank-line.ts'
import { start } from '../../src/bank/start.ts'
import { httpEntrance } from '../../src/mail/http-transport.ts'
import { logTranscript, openLog } from '../../src/operations/log.ts'
import { speechOf } from '../../src/operations/prompts.ts'
import { connectApplication } from '../../src/phone/asterisk/connect-application.ts'
import { serveCall } from '../../src/phone/serve-call.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { secretCodec } from '../../src/secret.ts'
import { readManifest } from '../../src/speech/manifest.ts'
import { cardLine } from '../frames/card-line.ts'
import { type BankOrder, bankSettings, cardLineName, nobodyElse } from './bank.ts'

// Ctrl-C does not reach a session of its own: it goes with whoever started it.
process.once('disconnect', () => process.exit())

process.once('message', async (order: BankOrder) => {
  const log = openLog(order.folder)
  const { mailPort: port } = order
  const entrance = port === undefined ? undefined : await httpEntrance({ host: '127.0.0.1', port })
  const transports = entrance === undefined ? nobodyElse : { ...nobodyElse, incoming: entrance }
  const { bank, close } = await start({ ...bankSettings, folder: order.folder }, systemRuntime, transports)
  const speech = speechOf(order.soundsFolder)
  const connected = await connectApplication({
    ari: { ...order.ari, password: secretCodec.decode(order.ari.password) },
    application: bankSettings.id,
    runtime: systemRuntime,
    handler: line =>
      serveCall(line, call => (line.args[0] === cardLineName ? cardLine(call) : bankLine(call, bank)), {
        speech,
        runtime: systemRuntime,
        transcript: logTranscript(log, line.callId),
        onFault: fault => complain(log, fault),
      }),
    clips: readManifest(order.soundsFolder).clips.map(({ name }) => name),
    drainVariable: drainVariable(bankSettings.id),
    mostCalls: order.mostCalls,
    onNotice: notice => (notice.notice === 'fault' ? complain(log, notice) : log.info(notice)),
  })
  process.once('message', async () => {
    connected.close()
    await close()
    await entrance?.close()
    process.disconnect()
  })
  process.send?.('ready')
})

/** A fault of the bank fails calls: whoever reads the figures should see why. */
function complain(log: Logger, fault: { readonly error: string }): void {
  log.error(fault)
  process.stderr.write(`the bank: ${fault.error}\n`)
}
