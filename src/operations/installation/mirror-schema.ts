/** What an installation's file may say of the two machines that have the keys of an institution's records, and which of it does not go together. */
import { z } from 'zod'

/** The one that serves and its mirror, whichever is which: both machines have the same file. */
export const recordKeys = z.strictObject({
  machines: z
    .array(
      z.strictObject({
        /** Where it listens for the other one, which reaches it by this address. */
        host: z
          .union([z.ipv4(), z.ipv6()], 'an IP address, by which the other machine reaches this one')
          .refine(host => !['0.0.0.0', '::'].includes(host), 'one address, not all of a machine'),
        port: z.int().min(1).max(65_535),
        /** As `tonebank keys machine` says it there. */
        key: z.string().regex(/^[0-9a-f]{64}$/, 'a machine’s key has 64 hexadecimal digits'),
      }),
    )
    .length(2, 'there are two machines'),
})

interface Mirrored {
  readonly id: string
  readonly recordKeys?: z.output<typeof recordKeys> | undefined
}

/** @param complain `path` begins at the institutions of the file */
export function complainOfMirrors(
  isKept: boolean,
  institutions: readonly Mirrored[],
  complain: (message: string, ...path: (string | number)[]) => void,
): void {
  const keys = new Map<string, string>()
  const places = new Map<string, string>()
  for (const [i, { id, recordKeys }] of institutions.entries()) {
    if (recordKeys && !isKept)
      complain('without a keeper no other machine serves: say who keeps the books', i, 'recordKeys')
    for (const [j, { host, port, key }] of (recordKeys?.machines ?? []).entries()) {
      const at = [i, 'recordKeys', 'machines', j] as const
      const place = `${host} port ${port}`
      // Two machines with one key would take each other's word for their own.
      if (keys.has(key)) complain(`this is the key of another machine of ${keys.get(key)}`, ...at, 'key')
      if (places.has(place)) complain(`another machine of ${places.get(place)} listens there`, ...at, 'port')
      keys.set(key, id)
      places.set(place, id)
    }
  }
}
