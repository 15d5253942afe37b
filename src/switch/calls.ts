/** What the switch may do by AMI: turn new calls away, let go of those that nobody attends, have its configuration read again. */
import { isOurs } from '../phone/asterisk/own-channels.ts'
import type { Runtime } from '../runtime.ts'
import { type ManagerAddress, ManagerClient, ManagerRefused } from './manager-client.ts'

/**
 * New callers of this institution hear that its lines are busy from now on, or no longer; calls under way go on. The dialplan reads
 * the same variable before it hands a call over.
 */
export function setDrained(
  at: ManagerAddress,
  institution: string,
  draining: boolean,
  runtime: Runtime,
): Promise<void> {
  return connected(at, runtime, async manager => {
    const variable = `DRAIN_${institution.replace(/\W/g, '_')}`
    await manager.action('Setvar', { variable, value: draining ? '1' : '0' })
  })
}

/** Asterisk reads its accounts and its dialplan again; which sounds there are it looks up each time. Calls under way go on. */
export function reload(at: ManagerAddress, runtime: Runtime): Promise<void> {
  return connected(at, runtime, async manager => {
    for (const module of ['res_ari.so', 'pbx_config.so']) await manager.action('Reload', { module })
  })
}

/**
 * Sends every caller of an institution whose application is gone to the apology, and counts them. Asterisk itself would
 * keep them in silence for as long as they hold on: it waits for the application to come back. Channels that the
 * application had made itself, for a frame or to a clerk, are hung up.
 */
export function releaseCallers(at: ManagerAddress, institution: string, runtime: Runtime): Promise<number> {
  return connected(at, runtime, async manager => {
    const channels = await manager.list('CoreShowChannels', 'CoreShowChannel', 'CoreShowChannelsComplete')
    let released = 0
    for (const { application, applicationdata, channel, uniqueid } of channels) {
      const [owner] = typeof applicationdata === 'string' ? applicationdata.split(',') : []
      if (application !== 'Stasis' || owner !== institution || typeof channel !== 'string') continue
      const isOwn = typeof uniqueid === 'string' && isOurs(uniqueid)
      try {
        if (isOwn) await manager.action('Hangup', { channel })
        else await manager.action('Redirect', { channel, context: 'released', exten: 's', priority: '1' })
        if (!isOwn) released++
      } catch (error) {
        // Hung up in between, which is the normal way for a caller to leave.
        if (!(error instanceof ManagerRefused)) throw error
      }
    }
    return released
  })
}

/** How many callers it has, whatever they do. */
export function callersIn(at: ManagerAddress, runtime: Runtime): Promise<number> {
  return connected(at, runtime, async manager => {
    const channels = await manager.list('CoreShowChannels', 'CoreShowChannel', 'CoreShowChannelsComplete')
    return channels.filter(({ uniqueid }) => typeof uniqueid === 'string' && !isOurs(uniqueid)).length
  })
}

async function connected<T>(at: ManagerAddress, runtime: Runtime, work: (manager: ManagerClient) => Promise<T>) {
  const manager = await ManagerClient.open(at, runtime)
  try {
    return await work(manager)
  } finally {
    manager.close()
  }
}
