/** How a bank writes to its customers, as its file says it. */
import { z } from 'zod'
import { mailAddressShape } from './mail-address.ts'

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** A mail server that takes what this bank sends, and carries it on. */
const smtp = z
  .strictObject({
    host: z.string().regex(/^[A-Za-z0-9.:-]+$/, 'a host name or an address'),
    /** Without one 587, or 465 where TLS begins at once. */
    port: z.int().min(1).max(65_535).optional(),
    /** `starttls`: TLS follows the greeting. `implicit`: TLS begins at once. `none`: on the loopback only. */
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
    /** A file of certificates (PEM), from this file's folder, of who may vouch for the server. Without it: whom this machine trusts. */
    ca: z.string().min(1).optional(),
    user: z.string().min(1).optional(),
    /** The file that holds its password, from this file's folder. Nobody but its owner may read it. */
    passwordFile: z.string().min(1).optional(),
  })
  .refine(({ host, tls }) => tls !== 'none' || isLoopback(host), {
    message: 'off this machine it needs TLS',
    path: ['tls'],
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    message: 'a user has a password, and a password a user',
    path: ['user'],
  })

export const confirmationsConfig = z.strictObject({
  /** The address that it is sent from. */
  from: mailAddressShape,
  /** What customers dial when something was not done by them. */
  telephone: z.string().regex(/^\+?\d[\d ]{2,19}$/, 'a telephone number, in quotation marks'),
  /** How many an account is sent in a day of what it receives, of what it spends, and of what is changed; what is more is collected in one. */
  perDay: z.int().min(1).max(1_000).default(20),
  /** After how many days what was sent, or given up, is erased. */
  keepDays: z.int().min(7).max(3_653).default(30),
  smtp,
})

export type ConfirmationsConfig = z.output<typeof confirmationsConfig>
