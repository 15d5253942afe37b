/** Mail by SMTP to a server that is another program: TLS or nothing, the password to nobody else, and deadlines. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Mail } from '../../../src/confirmations/sender.ts'
import { composed, type MailServer, smtpSender } from '../../../src/confirmations/smtp.ts'
import { Secret } from '../../../src/secret.ts'

const mail: Mail = {
  messageId: 'ab'.repeat(16).concat('@harbour.example'),
  from: { name: '海港银行', address: 'confirmations@harbour.example' },
  to: 'ada@example.org',
  subject: '海港银行：您购买了一张付款券',
  text: '您购买了一张付款券。\n.\n¥50.00',
  at: 1_795_312_800_000,
}
const password = 'correct horse battery'

let folder: string
let right: { readonly key: string; readonly cert: string }
let other: { readonly key: string; readonly cert: string }
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-smtp-'))
  right = certificateFor('localhost')
  other = certificateFor('elsewhere.example')
})
afterAll(() => rmSync(folder, { recursive: true }))

function certificateFor(name: string) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...subject].concat(
      ...['-keyout', key, '-out', cert],
    ),
    { stdio: 'ignore' },
  )
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Heard {
  readonly port: number
  readonly mails: {
    readonly from: string
    readonly to: readonly string[]
    readonly bytes: string
    readonly secure: boolean
  }[]
  readonly logins: { readonly user: string; readonly password: string; readonly secure: boolean }[]
}

async function serve(options: SMTPServerOptions, refusing?: number): Promise<Heard> {
  const heard: Heard = { port: 0, mails: [], logins: [] }
  const server = new SMTPServer({
    ...{ authOptional: true, disableReverseLookup: true, logger: false, closeTimeout: 100 },
    ...options,
    onAuth: (auth, session, done) => {
      heard.logins.push({ user: auth.username ?? '', password: auth.password ?? '', secure: session.secure })
      if (auth.password === password) done(null, { user: auth.username ?? '' })
      else done(new Error(`no such password: ${auth.password}`))
    },
    onRcptTo: ({ address }, _session, done) => {
      if (refusing === undefined) return done()
      done(Object.assign(new Error(`${address} is nobody here`), { responseCode: refusing }))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        heard.mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          ...{ bytes: Buffer.concat(chunks).toString('utf8'), secure: session.secure },
        })
        done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return { ...heard, port: (server.server.address() as AddressInfo).port }
}

const never = new AbortController().signal
const at = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  ...{ host: 'localhost', port, tls: 'starttls', ca: right.cert },
  ...more,
})
const account = { user: 'harbour', password: new Secret(password) }

describe.each(['starttls', 'implicit'] as const)('a server with TLS, %s', tls => {
  const secure = tls === 'implicit'

  test('is given the mail and the password, both under TLS', async () => {
    const heard = await serve({ ...right, secure })
    await smtpSender(at(heard.port, { tls, account })).send(mail, never)
    expect(heard.logins).toEqual([{ user: 'harbour', password, secure: true }])
    expect(heard.mails).toMatchObject([{ from: mail.from.address, to: [mail.to], secure: true }])
    const [header = '', body = ''] = heard.mails[0]?.bytes.split('\r\n\r\n') ?? []
    expect(header).toContain(`Message-ID: <${mail.messageId}>`)
    expect(header).toContain('Date: Sun, 22 Nov 2026 02:00:00 +0000')
    expect(header).toContain('To: ada@example.org')
    expect(header).toContain('Auto-Submitted: auto-generated')
    expect(decoded(header, body).trim().replace(/\r\n/g, '\n')).toBe(mail.text)
  })

  test.each([
    ['is another’s', () => ({ ...other, secure }), () => ({ ca: other.cert })],
    ['nobody vouches for', () => ({ ...right, secure }), () => ({ ca: other.cert })],
  ])('whose certificate %s is given neither', async (_, served, more) => {
    const heard = await serve(served())
    const sent = smtpSender(at(heard.port, { tls, account, ...more() })).send(mail, never)
    await expect(sent).rejects.toMatchObject({ name: 'NotSent', isFinal: false })
    expect([heard.logins, heard.mails]).toEqual([[], []])
  })
})

test('a server that does not offer STARTTLS is given neither mail nor password', async () => {
  const heard = await serve({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  await expect(smtpSender(at(heard.port, { account })).send(mail, never)).rejects.toMatchObject({ isFinal: false })
  expect([heard.logins, heard.mails]).toEqual([[], []])
})

test('on the loopback it may go without TLS', async () => {
  const heard = await serve({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
  await smtpSender(at(heard.port, { tls: 'none' })).send(mail, never)
  expect(heard.mails).toMatchObject([{ to: [mail.to], secure: false }])
})

test.each([
  [550, true],
  [452, false],
])(
  'an address that is refused with %i is refused for good: %s; the server’s words are not repeated',
  async (code, isFinal) => {
    const heard = await serve({ ...right }, code)
    const sent = smtpSender(at(heard.port)).send(mail, never)
    const error = (await sent.catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ name: 'NotSent', isFinal })
    expect(error.message).toBe(`EENVELOPE RCPT TO ${code}`)
  },
)

test('a wrong password is no fault of an address, and is not repeated', async () => {
  const heard = await serve({ ...right })
  const wrong = { user: 'harbour', password: new Secret('another one') }
  const sent = smtpSender(at(heard.port, { account: wrong })).send(mail, never)
  const error = (await sent.catch((thrown: unknown) => thrown)) as Error
  expect(error).toMatchObject({ name: 'NotSent', isFinal: false })
  expect(`${error.message} ${error.stack}`).not.toContain('another one')
  expect(heard.mails).toEqual([])
})

test('a server that says nothing is left when nobody waits any more, and its connection is closed', async () => {
  let closed = () => {}
  const isClosed = new Promise<void>(resolve => {
    closed = resolve
  })
  const mute: Server = createServer(socket =>
    socket
      .on('close', closed)
      .on('error', () => {})
      .resume(),
  )
  await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
  closing.push(() => mute.close())
  const late = new AbortController()
  mute.once('connection', () => late.abort(new Error('it took too long')))
  const { port } = mute.address() as AddressInfo
  await expect(smtpSender(at(port)).send(mail, late.signal)).rejects.toThrow('it took too long')
  await isClosed
})

test('a mail is the same bytes at every try', async () => {
  expect(await composed(mail)).toEqual(await composed(mail))
})

function decoded(header: string, body: string): string {
  if (/Content-Transfer-Encoding: base64/i.test(header)) return Buffer.from(body, 'base64').toString('utf8')
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
