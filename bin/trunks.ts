/** Trunks as the file of an installation describes them, with the files that it names, for the switch and its dialplan. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TrunkLine } from '../dialplan/lines.ts'
import { orExplain } from '../src/operations/explain.ts'
import type { Installation } from '../src/operations/installation/file.ts'
import { type Runtime, randomId } from '../src/runtime.ts'
import { Secret } from '../src/secret.ts'
import { type Trunk, trunkExtension } from '../src/switch/trunk-edge/trunk.ts'

/** @throws CannotDo when a file of them cannot be read */
export function trunksOf({ asterisk, dataFolder }: Installation, runtime: Runtime): Trunk[] {
  const read = (file: string) =>
    orExplain('a trunk cannot be opened', () => readFileSync(resolve(dataFolder, file), 'utf8'))
  return asterisk.trunks.map(({ name, provider, listen, register, calls, ...rest }) => ({
    ...{ name, calls, addresses: rest.addresses, numbers: rest.numbers, attested: rest.attested },
    provider: {
      ...{ host: provider.host, transport: provider.transport },
      port: provider.port ?? (provider.transport === 'tls' ? 5_061 : 5_060),
      authority: provider.ca === undefined ? undefined : read(provider.ca),
    },
    own: { address: listen.host, port: listen.port },
    register: register && {
      account: { user: register.user, password: new Secret(read(register.passwordFile).trimEnd()) },
      seconds: register.seconds,
    },
    key: randomId(runtime),
  }))
}

/** What the dialplan has of them. */
export const trunkLinesOf = (trunks: readonly Trunk[]): TrunkLine[] =>
  trunks.flatMap(trunk =>
    Object.entries(trunk.numbers).flatMap(([number, rings]) =>
      [true, false].map(isAttested => ({
        ...{ trunk: trunk.name, rings, isAttested, mostCalls: trunk.calls.mostAtOnce },
        extension: trunkExtension(trunk, number, isAttested),
      })),
    ),
  )
