/** What an installation's file may say of trunks, and which of it does not go together. */
import { z } from 'zod'
import { rate } from '../../institution/config.ts'
import { isIPv4Network } from '../../ipv4-networks.ts'

const port = z.int().min(1).max(65_535)

/** Wider networks are no provider's, and whoever writes one means everybody. */
const leastBits = 16

const bitsOf = (network: string) => Number(network.split('/')[1] ?? 32)

/** Neither all addresses of this machine, nor a group of machines, nor all of them. */
const isOneMachine = (address: string) => !/^(0|22[4-9]|2[3-5]\d)\./.test(address)

/** A provider's line, by which ordinary telephones reach lines of this installation; docs/operating.md says each field. */
export const trunk = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a name of small letters, digits and hyphens'),
  provider: z
    .strictObject({
      host: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a host name or an IPv4 address'),
      /** 5060, by TLS 5061. */
      port: port.optional(),
      transport: z.enum(['udp', 'tcp', 'tls']).default('udp'),
      /** A file of certificates (PEM), from this file's folder, of who may vouch for the provider; the usual authorities without it. */
      ca: z.string().min(1).optional(),
    })
    .refine(({ ca, transport }) => ca === undefined || transport === 'tls', {
      message: 'is of use with transport: tls',
      path: ['ca'],
    }),
  /** The address of this machine by which the provider finds it; the port is of UDP. */
  listen: z.strictObject({
    host: z.ipv4().refine(isOneMachine, 'the one address of this machine by which the provider finds it'),
    port: port.default(5_080),
  }),
  /** Where calls may come from by UDP, besides the provider's host. */
  addresses: z
    .array(
      z
        .string()
        .refine(isIPv4Network, 'an IPv4 address or a network such as 203.0.113.0/24')
        .refine(network => bitsOf(network) >= leastBits, `wider than a provider's: a network of /${leastBits} at most`),
    )
    .default([]),
  /** The account at the provider; without it the provider knows us by our address. */
  register: z
    .strictObject({
      user: z.string().regex(/^[\w.+-]{1,64}$/, 'a user of letters, digits and . + - _'),
      /** The file that holds the password, from this file's folder. */
      passwordFile: z.string().min(1),
      seconds: z.int().min(60).max(86_400).default(600),
    })
    .optional(),
  /** What callers dial, as the provider writes it, and which number of this installation it rings. */
  numbers: z
    .record(z.string().regex(/^\+?\d{1,20}$/, 'a number of digits, perhaps after +, in quotation marks'), z.string())
    .refine(numbers => Object.keys(numbers).length > 0, 'a trunk that rings nothing'),
  /** Whether the provider vouches for the number of who calls. */
  attested: z.boolean().default(false),
  /** Whether nobody but the provider can send packets to `listen` with the provider's address, such as on a leased line or by a VPN. */
  privateNetwork: z.boolean().default(false),
  calls: z
    .strictObject({ mostAtOnce: z.int().min(1).max(500).default(10), rate: rate.default({ burst: 10, perMinute: 30 }) })
    .prefault({}),
})

type Complain = (message: string, ...path: (string | number)[]) => void

/** @param rings all numbers that ring something */
export function complainOfTrunks(
  { trunks, ...phones }: AsteriskSettings,
  rings: ReadonlySet<string>,
  context: z.core.$RefinementCtx,
): void {
  const complain: Complain = (message, ...path) =>
    context.addIssue({ code: 'custom', message, path: ['asterisk', ...path] })
  for (const [i, trunk] of trunks.entries()) {
    complainOfOne(trunk, (message, ...path) => complain(message, 'trunks', i, ...path))
    const above = trunks.slice(0, i)
    const { name, listen, provider, numbers } = trunk
    if (above.some(each => each.name === name)) complain(`there is another trunk ${name} above`, 'trunks', i, 'name')
    const isListening = provider.transport === 'udp'
    const same = above.find(
      each => each.provider.transport === 'udp' && each.listen.host === listen.host && each.listen.port === listen.port,
    )
    if (isListening && same) complain(`the trunk ${same.name} listens there already`, 'trunks', i, 'listen', 'port')
    for (const [number, rung] of Object.entries(numbers)) {
      if (!rings.has(rung)) complain(`${rung} rings no institution`, 'trunks', i, 'numbers', number)
    }
    // Asterisk has one name for both.
    for (const field of ['phones', 'networkPhones'] as const) {
      const at = phones[field].indexOf(`trunk-${name}`)
      if (at >= 0) complain(`another name: this is how the switch calls the trunk ${name}`, field, at)
    }
  }
}

function complainOfOne(
  { provider: { transport }, addresses, attested, privateNetwork }: TrunkSettings,
  complain: Complain,
): void {
  if (transport === 'udp') {
    if (attested && !privateNetwork) {
      complain(
        'by UDP anybody can send calls as if from the provider: use transport: tls, or say privateNetwork: true where nobody else reaches that wire',
        'attested',
      )
    }
    return
  }
  const ofUdp = 'is of use with transport: udp'
  if (addresses.length > 0) complain(`${ofUdp}: by ${transport} calls come by our own connection`, 'addresses')
  if (privateNetwork) complain(ofUdp, 'privateNetwork')
}

interface AsteriskSettings {
  readonly trunks: readonly TrunkSettings[]
  readonly phones: readonly string[]
  readonly networkPhones: readonly string[]
}

export type TrunkSettings = z.output<typeof trunk>
