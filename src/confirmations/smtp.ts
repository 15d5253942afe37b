/**
 * Hands a mail to a server by SMTP (RFC 5321), by a connection of its own that ends with it. Where TLS is wanted nothing is said without:
 * a server that does not offer STARTTLS (RFC 3207), or whose certificate is not its own, is given neither mail nor password.
 */
import MailComposer from 'nodemailer/lib/mail-composer'
import SmtpConnection from 'nodemailer/lib/smtp-connection'
import type { Secret } from '../secret.ts'
import { type Mail, type MailSender, NotSent } from './sender.ts'

export interface MailServer {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'implicit' | 'none'
  /** Certificates (PEM) of who may vouch for it. Undefined: whom this machine trusts. */
  readonly ca?: string | undefined
  readonly account?: { readonly user: string; readonly password: Secret } | undefined
}

/** Beside the deadline of the whole: a server that says nothing is left sooner. */
const silenceMs = 15_000
const longestAnswer = 8_192

export function smtpSender(server: MailServer): MailSender {
  return {
    send: async (mail, late) => {
      const message = await composed(mail)
      await handOver(server, { from: mail.from.address, to: mail.to }, message, late)
    },
  }
}

/** Text alone, so that it has no part with a boundary: the same bytes at every try. */
export function composed({ messageId, from, to, subject, text, at }: Mail): Promise<Buffer> {
  return new MailComposer({
    ...{ from, to: { name: '', address: to }, subject, text, messageId: `<${messageId}>`, date: rfc5322Date(at) },
    // No machine answers it, and no list (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
    .compile()
    .build()
}

/** `Sun, 22 Nov 2026 02:00:00 +0000`. */
function rfc5322Date(at: number): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...({ timeZone: 'UTC', weekday: 'short', day: '2-digit', month: 'short', year: 'numeric' } as const),
    ...({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const),
  })
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    (parts.get(type) ?? '').slice(0, type === 'month' ? 3 : undefined)
  return `${part('weekday')}, ${part('day')} ${part('month')} ${part('year')} ${part('hour')}:${part('minute')}:${part('second')} +0000`
}

function handOver(
  { host, port, tls, ca, account }: MailServer,
  envelope: { readonly from: string; readonly to: string },
  message: Buffer,
  late: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = new SmtpConnection({
      ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
      name: envelope.from.slice(envelope.from.lastIndexOf('@') + 1),
      ...{ connectionTimeout: silenceMs, greetingTimeout: silenceMs, socketTimeout: silenceMs, dnsTimeout: silenceMs },
      ...{ socketCloseTimeout: 0, maxResponseSize: longestAnswer, allowInternalNetworkInterfaces: true },
      ...{ logger: false, debug: false, transactionLog: false },
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    })
    const end = (settle: () => void) => {
      late.removeEventListener('abort', onLate)
      // Closing it says so at once, which would pass for why it failed.
      settle()
      connection.close()
    }
    const fail = (error: unknown) => end(() => reject(notSent(error)))
    const onLate = () => end(() => reject(late.reason))
    if (late.aborted) return onLate()
    late.addEventListener('abort', onLate, { once: true })
    const orFail = (then: () => void) => (error?: Error | null) => (error ? fail(error) : then())
    // It was taken: whatever becomes of the goodbye changes nothing.
    const taken = () => {
      late.removeEventListener('abort', onLate)
      connection.quit()
      resolve()
    }
    const send = () => connection.send(envelope, message, orFail(taken))
    connection.on('error', fail)
    connection.on('end', () => fail(new Error('it closed the connection')))
    connection.connect(
      orFail(() => {
        if (account === undefined) return send()
        const credentials = { user: account.user, pass: account.password.reveal() }
        connection.login({ credentials }, orFail(send))
      }),
    )
  })
}

interface SmtpError {
  readonly code?: string | undefined
  readonly command?: string | undefined
  readonly responseCode?: number | undefined
}

/** Codes alone: a server's own words repeat addresses, and some what was sent to them. */
function notSent(error: unknown): NotSent {
  const { code, command, responseCode } = error as SmtpError
  const said = [code ?? 'ECONNECTION', command?.split(' ').slice(0, 2).join(' '), responseCode]
  const isFinal = command?.startsWith('RCPT') === true && responseCode !== undefined && responseCode >= 500
  return new NotSent(said.filter(each => each !== undefined).join(' '), isFinal)
}
