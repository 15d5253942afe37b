/**
 * `tonebank phone`: a call from the console, with neither Asterisk nor sound. The institutions run in this process, on the
 * same books that `npm start` uses; while that runs, they belong to it.
 */
import { openDemo } from '../../demo/demo.ts'
import { httpEntrance, httpTransport } from '../../src/mail/http-transport.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { cardText } from '../../src/operations/card.ts'
import { fileOf, folderOf, linesOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { type OpenInstitution, openInstitution } from '../../src/operations/open-institution.ts'
import { places } from '../../src/operations/places.ts'
import { ConsoleLine, consoleLimits } from '../../src/phone/console/console-line.ts'
import { openKeyboard } from '../../src/phone/console/keyboard.ts'
import { type CallScript, serveCall } from '../../src/phone/serve-call.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { fallSilent, speakAloud } from '../../src/speech/loudspeaker.ts'
import { loadCatalogue, openSpeech, silentVoice } from '../../src/speech/speech.ts'
import { scripts } from '../scripts.ts'

export async function phone(number: string, options: Where & { aloud?: boolean }): Promise<void> {
  const runtime = systemRuntime
  const write = (text: string) => void process.stdout.write(text)
  const file = fileOf(options)
  const customers = options.config === undefined ? await openDemo(file, runtime, line => write(`${line}\n`)) : []
  const installation = readInstallation(file)
  const { institutions } = installation
  const lines = linesOf(installation)
  const dialled = lines.find(each => each.number === number)
  if (dialled === undefined) {
    throw new CannotDo(`nobody has the number ${number}; there are ${lines.map(each => each.number).join(' and ')}`)
  }
  write(
    `${cardText(installation, customers, undefined)}\nYou are dialling ${number}. Keys are 0-9, * and #; Enter is #; Ctrl-C hangs up.\n`,
  )

  const incoming = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const address = `https://127.0.0.1:${incoming.port}`
  const outgoing = httpTransport(runtime, Object.fromEntries(institutions.map(({ id }) => [id, address])))
  const open = new Map<string, OpenInstitution>()
  const troubled = (error: unknown) => write(`\n(${String(error)})\n`)
  try {
    for (const entry of institutions) {
      const folder = folderOf(installation, entry)
      const mail = { incoming, outgoing }
      open.set(entry.id, await openInstitution(entry, folder, scripts, runtime, mail, troubled))
    }
    const script = open.get(dialled.institution)?.scripts[dialled.line]
    if (script === undefined) throw new Error(`${dialled.institution} has no line ${dialled.line}`)
    await converse(number, script, options.aloud ?? false, write, troubled)
  } finally {
    for (const each of open.values()) await each.close()
    outgoing.close()
    await incoming.close()
  }
}

async function converse(
  dialled: string,
  script: CallScript,
  aloud: boolean,
  write: (text: string) => void,
  troubled: (error: unknown) => void,
): Promise<void> {
  const line = new ConsoleLine({
    runtime: systemRuntime,
    dialled,
    keyboard: openKeyboard(process.stdin),
    write,
    columns: process.stdout.columns,
    ...(aloud ? { loudspeaker: { say: speakAloud, silence: fallSilent } } : {}),
  })
  await serveCall(line, script, {
    speech: openSpeech({ catalogue: loadCatalogue(places.phrases), voice: silentVoice }),
    runtime: systemRuntime,
    transcript: line.transcript,
    limits: consoleLimits,
    onFault: troubled,
  })
}
