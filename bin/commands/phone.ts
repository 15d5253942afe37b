/**
 * `tonebank phone`: a call from the console, with neither Asterisk nor sound. The institutions run in this process, on the
 * same books that `npm start` uses; while that runs, they belong to it.
 */
import { createDemo } from '../../demo/demo.ts'
import { httpEntrance, httpTransport } from '../../src/mail/http-transport.ts'
import { installationAt, places } from '../../src/operations/places.ts'
import { ConsoleLine, consoleLimits } from '../../src/phone/console/console-line.ts'
import { openKeyboard } from '../../src/phone/console/keyboard.ts'
import { type CallScript, serveCall } from '../../src/phone/serve-call.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { fallSilent, speakAloud } from '../../src/speech/loudspeaker.ts'
import { loadCatalogue, openSpeech, silentVoice } from '../../src/speech/speech.ts'
import { cardText } from '../card.ts'
import { institutionIds, lineOf, type OpenInstitution, openInstitution } from '../open-institution.ts'

export async function phone(number: string, options: { data: string; aloud?: boolean }): Promise<void> {
  const { institution, line: lineName } = lineOf(number)
  const installation = installationAt(options.data)
  const runtime = systemRuntime
  const write = (text: string) => void process.stdout.write(text)
  const demo = await createDemo(installation.institutions, runtime, {
    progress: (_done, _of, step) => write(`making ${step} …\n`),
  })
  write(
    `${cardText(demo, undefined)}\nYou are dialling ${number}. Keys are 0-9, * and #; Enter is #; Ctrl-C hangs up.\n`,
  )

  const incoming = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const address = `http://127.0.0.1:${incoming.port}`
  const outgoing = httpTransport(runtime, Object.fromEntries(institutionIds.map(id => [id, address])))
  const open = new Map<string, OpenInstitution>()
  const troubled = (error: unknown) => write(`\n(${String(error)})\n`)
  try {
    for (const id of institutionIds) {
      open.set(id, await openInstitution(id, installation.institution(id), runtime, { incoming, outgoing }, troubled))
    }
    const script = open.get(institution)?.scripts[lineName]
    if (script === undefined) throw new Error(`${institution} has no line ${lineName}`)
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
