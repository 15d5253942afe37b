/** Two banks of one world, between which letters go. */
import { bothSign, type TwoPeople } from '../../demo/two-people.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'
import type { World } from './world.ts'

export const banksOf = (world: World) => [world.harbour, world.other()] as const

/** Each answers what came, and what that made the other write arrives as well. */
export async function letAllArrive(world: World): Promise<void> {
  for (let round = 0; round < 6; round++)
    for (const { dayEnd, mail, recovery } of banksOf(world)) {
      await recovery.begun
      await dayEnd.idle()
      await mail.idle()
    }
}

/** Two people of it sign, and what they did arrives. Its outcome. */
export async function decideAt(
  world: World,
  runtime: VirtualRuntime,
  bank: 'harbour' | 'garden',
  kind: string,
  request: unknown,
): Promise<string> {
  const [at, staff] =
    bank === 'harbour' ? [world.harbour, world.staff] : [world.other(), world.gardenStaff as TwoPeople]
  const { outcome } = await bothSign(at, runtime, staff, kind, request)
  await letAllArrive(world)
  return outcome
}
