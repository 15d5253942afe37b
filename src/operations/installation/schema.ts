/**
 * What an installation's file may say: which institutions there are, what each of them is, which numbers ring it, how it
 * reaches its counterparties, and which phones the switch lets in. A kind of institution is one more member of the union.
 */
import { z } from 'zod'
import { bankConfig } from '../../bank/config.ts'
import { institutionIdShape } from '../../ids.ts'
import { rate } from '../../institution/config.ts'
import { merchantConfig } from '../../merchant/config.ts'
import { hostConfig } from '../../merchant/host/config.ts'
import { securitiesConfig } from '../../securities/config.ts'
import { complainOfCare } from './care-schema.ts'
import { complainOfMirrors, recordKeys } from './mirror-schema.ts'
import { complainOfTrunks, trunk } from './trunk-schema.ts'

const port = z.int().min(1).max(65_535)
const phoneName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a name of small letters, digits and hyphens')
  .regex(/^(?!web-\d+$)/, 'another name: web-1 and the like are telephones in browsers')

/** Its correspondence with other institutions. */
const mail = z.strictObject({
  /** Where it listens on this machine. Without one a free port is chosen at each start, and only this file's institutions know it. */
  port: port.optional(),
  /** Where institutions of other installations listen, by id. Those of this file find each other. */
  peers: z.record(institutionIdShape, z.url({ protocol: /^https?$/ })).default({}),
})

/** What machines and operators ask, on the loopback. Without a port a free one is chosen at each start, and kept while the installation runs. */
const operations = z.strictObject({ port: port.optional() })

/** Its pages, for browsers, and a payee's API, for shops' programs. */
const web = z
  .strictObject({
    /** The address of this machine where it listens. */
    host: z.string().min(1).default('127.0.0.1'),
    /** Without one a free port is chosen at each start, and kept while the installation runs. */
    port: port.optional(),
    /** The names by which browsers know it; the first is the one in links. Each institution has its own. */
    names: z.array(z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a host name of small letters')).min(1),
    /** Files with a certificate and its key (PEM), from this file's folder. */
    https: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
    /** Addresses of proxies in front of it, which speak HTTPS to browsers and say where a request comes from. */
    proxies: z.array(z.string().min(1)).default([]),
    /** Requests of one address, and of all whose address is not known. */
    rates: z
      .strictObject({ caller: rate, withheld: rate })
      .default({ caller: { burst: 120, perMinute: 600 }, withheld: { burst: 300, perMinute: 1_200 } }),
  })
  .refine(
    ({ host, https, proxies }) => https !== undefined || proxies.length > 0 || isLoopback(host),
    'off this machine it needs https, or a proxy that has it',
  )

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

export type WebSettings = z.output<typeof web>

/** A PostgreSQL that keeps the logs of all institutions, so that another machine with the same file can take over. */
const keeper = z
  .strictObject({
    /** Of one cluster; whichever writes is used. A host that begins with `/` is the folder of a Unix socket. */
    hosts: z.array(z.strictObject({ host: z.string().min(1), port: port.default(5_432) })).min(1),
    database: z.string().min(1).default('tonebank'),
    user: z.string().min(1).default('tonebank'),
    /** The file that holds the password, from this file's folder. */
    passwordFile: z.string().min(1).optional(),
    /** `ca`: a file of certificates (PEM), from this file's folder, of who may vouch for the servers. */
    tls: z.strictObject({ ca: z.string().min(1) }).optional(),
  })
  .refine(
    ({ hosts, tls }) => tls !== undefined || hosts.every(({ host }) => host.startsWith('/') || isLoopback(host)),
    'off this machine it needs tls',
  )

const numbers = z.array(z.string().regex(/^\d{1,8}$/, 'a number of one to eight digits, in quotation marks'))

/** What every institution has of an installation, whatever its business. */
const place = {
  /** The numbers that callers dial to reach it. */
  rings: numbers.default([]),
  /** Other lines of its own, by the names of their scripts, and the numbers that ring them. */
  lines: z.record(z.string(), numbers.min(1)).default({}),
  /** Where its books and keys lie, from this file's folder. Without it: `institutions/<id>`. */
  folder: z.string().min(1).optional(),
  mail: mail.prefault({}),
  operations: operations.prefault({}),
  recordKeys: recordKeys.optional(),
}

const institution = z.discriminatedUnion('kind', [
  bankConfig
    .extend({
      kind: z.literal('bank'),
      ...place,
      web: web.optional(),
      /** Its page for clerks, under names of its own. */ counter: web.optional(),
    })
    .strict(),
  merchantConfig
    .extend({
      kind: z.literal('merchant'),
      ...place,
      web: web.optional(),
      /** Its page for its people, under names of its own. */ office: web.optional(),
    })
    .strict(),
  hostConfig.extend({ kind: z.literal('host'), ...place, web: z.undefined().optional() }).strict(),
  securitiesConfig.extend({ kind: z.literal('securities'), ...place, web: z.undefined().optional() }).strict(),
])

export const installationSchema = z
  .strictObject({
    /** Made by `npm start` for whoever tries Tonebank: customers and their PINs are invented, and lie open in its folder. */
    demonstration: z.boolean().default(false),
    asterisk: z
      .strictObject({
        /** SIP on the loopback. Without one 5060, or a free port that is kept. */
        sipPort: port.optional(),
        /** SIP accounts of softphones on this machine. */
        phones: z.array(phoneName).default(['phone1', 'phone2']),
        /** SIP accounts of softphones of the network, let in by `--lan`. */
        networkPhones: z.array(phoneName).default([]),
        trunks: z.array(trunk).max(200).default([]),
        /** How many Asterisk there are. Kamailio stands in front of more than one. */
        count: z.int().min(1).max(16).default(1),
        /** Calls at the same time at each of several: whoever calls beyond that gets the next, and where none has room, a busy tone. */
        callsEach: z.int().min(1).max(1_000).default(500),
      })
      .prefault({}),
    /** Of all of it: its own port is 8480 without one, or another that is free. */
    operations: operations
      .extend({
        /** How long callers may go on talking once no new calls are taken. A purchase takes a slow caller two minutes. */
        drainSeconds: z.int().min(1).max(3_600).default(180),
      })
      .prefault({}),
    keeper: keeper.optional(),
    institutions: z.array(institution),
  })
  .superRefine(({ asterisk, keeper, institutions }, context) => {
    const complain = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: 'custom', message, path: ['institutions', ...path] })
    const ids = new Set<string>()
    const rung = new Map<string, string>()
    const named = new Map<string, string>()
    const prefixes = new Map<string, string>()
    const accounts = new Map<string, string>()
    const issuers = new Map<number, string>()
    complainOfTrunks(
      asterisk,
      new Set(institutions.flatMap(({ rings, lines }) => [rings, ...Object.values(lines)].flat())),
      context,
    )
    complainOfCare(asterisk, institutions, complain)
    complainOfMirrors(keeper !== undefined, institutions, complain)
    for (const [i, each] of institutions.entries()) {
      if (ids.has(each.id)) complain(`there is another institution ${each.id} above`, i, 'id')
      ids.add(each.id)
      for (const [path, ringing] of [[['rings'], each.rings], ...linesIn(each)] as const) {
        for (const [j, number] of ringing.entries()) {
          const other = rung.get(number)
          if (other !== undefined) complain(`${number} rings ${other} already`, i, ...path, j)
          rung.set(number, each.id)
        }
      }
      const desks = {
        counter: each.kind === 'bank' ? each.counter : undefined,
        office: each.kind === 'merchant' ? each.office : undefined,
      }
      for (const [what, place] of Object.entries({ web: each.web, ...desks })) {
        for (const [j, name] of (place?.names ?? []).entries()) {
          const other = named.get(name)
          if (other !== undefined) complain(`${name} is a name of ${other} already`, i, what, 'names', j)
          named.set(name, each.id)
        }
      }
      if (each.kind === 'bank') {
        const { prefix } = each.accountNumbers
        for (const [known, other] of accounts) {
          if (prefix.startsWith(known) || known.startsWith(prefix)) {
            complain(`account numbers of ${other} begin with ${known}`, i, 'accountNumbers', 'prefix')
          }
        }
        accounts.set(prefix, each.id)
        const { issuer } = each.cards ?? {}
        const same = issuer === undefined ? undefined : issuers.get(issuer)
        if (same !== undefined) complain(`${issuer} is the number of ${same} already`, i, 'cards', 'issuer')
        if (issuer !== undefined) issuers.set(issuer, each.id)
        for (const [j, { id, accountPrefix }] of each.banks.entries()) {
          const other = institutions.find(known => known.id === id)
          const path = [i, 'banks', j] as const
          if (id === each.id) complain('a bank is not its own correspondent', ...path, 'id')
          else if (other !== undefined && other.kind !== 'bank') complain(`${id} is no bank`, ...path, 'id')
          else if (other !== undefined && other.accountNumbers.prefix !== accountPrefix) {
            complain(`account numbers of ${id} begin with ${other.accountNumbers.prefix}`, ...path, 'accountPrefix')
          }
        }
        continue
      }
      if (each.kind === 'securities') {
        const { collectsAt } = each.cards
        const bank = institutions.find(known => known.id === collectsAt)
        if (bank !== undefined && bank.kind !== 'bank') complain(`${collectsAt} is no bank`, i, 'cards', 'collectsAt')
        continue
      }
      for (const [prefix, other] of prefixes) {
        if (each.numbers.prefix.startsWith(prefix) || prefix.startsWith(each.numbers.prefix)) {
          complain(`voucher numbers of ${other} begin with ${prefix}`, i, 'numbers', 'prefix')
        }
      }
      prefixes.set(each.numbers.prefix, each.id)
    }
  })

function linesIn({ lines }: { readonly lines: Readonly<Record<string, readonly string[]>> }) {
  return Object.entries(lines).map(([name, ringing]) => [['lines', name], ringing] as const)
}

export type InstallationSettings = z.output<typeof installationSchema>
export type InstitutionEntry = InstallationSettings['institutions'][number]
