/** What Patroni says of its cluster, asked at any member over HTTPS with a certificate of the cluster's. */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { z } from 'zod'
import { type Runtime, withDeadline } from '../runtime.ts'
import { type Member, memberFiles } from './plan.ts'

const answer = z.object({
  members: z.array(
    z.object({ name: z.string(), role: z.string(), state: z.string(), timeline: z.number().optional() }),
  ),
})

export type MemberState = z.infer<typeof answer>['members'][number]

const patienceMs = 2_000

/** @param folder where the files of a member can be read. @throws Error when it does not answer */
export async function membersOf(runtime: Runtime, { address, ports }: Member, folder: string): Promise<MemberState[]> {
  const read = (name: string) => readFileSync(join(folder, name))
  const asked = request({
    ...{ host: address, port: ports.patroni, path: '/cluster', agent: false, timeout: patienceMs },
    ...{
      ca: read(memberFiles.authority),
      cert: read(memberFiles.certificate),
      key: read(memberFiles.privateKey),
    },
  })
  try {
    const text = new Promise<string>((resolve, reject) => {
      asked.on('error', reject)
      asked.on('response', response => {
        let said = ''
        response.setEncoding('utf8').on('data', part => {
          said += part
        })
        response.on('end', () => resolve(said)).on('error', reject)
      })
    })
    asked.end()
    return answer.parse(JSON.parse(await runtime.work(withDeadline(runtime, 'Patroni', patienceMs, text)))).members
  } finally {
    asked.destroy()
  }
}

/** One leads, another confirms what it commits, and the rest follow it. */
export function isWhole(members: readonly MemberState[], count: number): boolean {
  const has = (role: string) => members.some(each => each.role === role)
  const runs = members.every(({ state }) => state === 'running' || state === 'streaming')
  return members.length === count && runs && has('leader') && has('sync_standby')
}
