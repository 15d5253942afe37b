/**
 * `tonebank phone`: a call from the console, with neither Asterisk nor sound. Beside `npm start` it calls the institution
 * that runs there; otherwise the institutions run in this process, on the same books.
 */
import { openDemo } from '../../demo/demo.ts'
import { httpEntrance, httpTransport } from '../../src/mail/http-transport.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { cardText } from '../../src/operations/card.ts'
import { phoneOwner } from '../../src/operations/console-phone.ts'
import { prepareFolder } from '../../src/operations/installation/data-folder.ts'
import { fileOf, folderOf, linesOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { keepingForOne } from '../../src/operations/keeping.ts'
import { type OpenInstitution, openInstitution } from '../../src/operations/open-institution.ts'
import { NoOwner } from '../../src/operations/owner/ask.ts'
import { writtenSpeech } from '../../src/operations/prompts.ts'
import { ConsoleLine, consoleLimits } from '../../src/phone/console/console-line.ts'
import { openKeyboard } from '../../src/phone/console/keyboard.ts'
import { forgiving, type Loudspeaker } from '../../src/phone/console/loudspeaker.ts'
import { type CallScript, serveCall } from '../../src/phone/serve-call.ts'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import { fallSilent, speakAloud } from '../../src/speech/loudspeaker.ts'
import { scripts } from '../scripts.ts'

export async function phone(number: string, options: Where & { aloud?: boolean }): Promise<void> {
  const runtime = systemRuntime
  const write = (text: string) => void process.stdout.write(text)
  const file = fileOf(options)
  if (options.config === undefined) prepareFolder(file)
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

  const loudspeaker = options.aloud ? desktopVoice(runtime, write) : undefined
  const called = institutions.find(({ id }) => id === dialled.institution)
  if (called === undefined) throw new Error(`${dialled.institution} is in no installation`)
  try {
    const { input, columns } = { input: process.stdin, columns: process.stdout.columns }
    const folder = folderOf(installation, called)
    return await phoneOwner(
      { folder, line: dialled.line, dialled: number, input, columns, write, loudspeaker },
      runtime,
    )
  } catch (error) {
    if (!(error instanceof NoOwner)) throw error
  }

  const incoming = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const address = `https://127.0.0.1:${incoming.port}`
  const outgoing = httpTransport(runtime, Object.fromEntries(institutions.map(({ id }) => [id, address])))
  const open = new Map<string, OpenInstitution>()
  const troubled = (error: unknown) => write(`\n(${String(error)})\n`)
  try {
    for (const entry of institutions) {
      const folder = folderOf(installation, entry)
      const mail = { incoming, outgoing }
      open.set(
        entry.id,
        await openInstitution(
          ...([entry, folder, scripts, runtime, mail, troubled] as const),
          keepingForOne(installation, entry.id, runtime),
        ),
      )
    }
    const script = open.get(dialled.institution)?.scripts[dialled.line]
    if (script === undefined) throw new Error(`${dialled.institution} has no line ${dialled.line}`)
    await converse(number, script, loudspeaker, write, troubled)
  } finally {
    for (const each of open.values()) await each.close()
    outgoing.close()
    await incoming.close()
  }
}

async function converse(
  dialled: string,
  script: CallScript,
  loudspeaker: Loudspeaker | undefined,
  write: (text: string) => void,
  troubled: (error: unknown) => void,
): Promise<void> {
  const line = new ConsoleLine({
    runtime: systemRuntime,
    dialled,
    keyboard: openKeyboard(process.stdin),
    write,
    columns: process.stdout.columns,
    ...(loudspeaker && { loudspeaker }),
  })
  await serveCall(line, script, {
    speech: writtenSpeech(),
    runtime: systemRuntime,
    transcript: line.transcript,
    limits: consoleLimits,
    onFault: troubled,
  })
}

/** Where this desktop cannot speak, the call goes on in writing. */
function desktopVoice(runtime: Runtime, write: (text: string) => void): Loudspeaker {
  return forgiving({ say: speakAloud, silence: fallSilent }, runtime, reason =>
    write(`\n(Nothing can be spoken here: ${reason}. The call goes on in writing.)\n`),
  )
}
