/**
 * The bank under measurement, as a process of its own, so that the kernel counts its processor time apart from ours. It
 * serves one line exactly as `tonebank institution` does, and is told over its channel where, as no password may stand
 * among its arguments.
 */
import { bankLine } from '../../ivr/bank/bank-line.ts'
import { start } from '../../src/bank/start.ts'
import { connectLine } from '../../src/phone/asterisk/connect-line.ts'
import { serveCall } from '../../src/phone/serve-call.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { renderedVoice } from '../../src/speech/rendered-voice.ts'
import { loadCatalogue, openSpeech } from '../../src/speech/speech.ts'
import { type BankOrder, bankSettings, nobodyElse } from './bank.ts'

process.once('message', async (order: BankOrder) => {
  const { bank, close } = await start({ ...bankSettings, folder: order.folder }, systemRuntime, nobodyElse)
  const speech = openSpeech({
    catalogue: loadCatalogue(order.phrasesFolder),
    voice: renderedVoice(order.soundsFolder),
  })
  const line = await connectLine({
    ari: { ...order.ari, password: new Secret(order.ari.password) },
    application: bankSettings.id,
    runtime: systemRuntime,
    handler: line => serveCall(line, call => bankLine(call, bank), { speech, runtime: systemRuntime }),
    clips: [],
    drainVariable: order.drainVariable,
    mostCalls: order.mostCalls,
    onNotice: notice => {
      if (notice.notice === 'fault' || notice.notice === 'lost')
        process.stderr.write(`bank: ${JSON.stringify(notice)}\n`)
    },
  })
  process.once('message', async () => {
    line.close()
    await close()
    process.disconnect()
  })
  process.send?.('ready')
})
