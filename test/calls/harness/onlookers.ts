/**
 * Everybody who can look at the network while it works without reading its memory: consoles of Asterisk, its manager
 * interface with the switch's own account, and whoever lists processes.
 */
import type { Place } from '../../support/leaks/places.ts'
import { attachConsole, consoleCommand } from './asterisk-console.ts'
import { installation, tapManager } from './manager-tap.ts'
import type { Network } from './network.ts'
import { processesOf } from './processes.ts'

/** From now until they leave; gives what each of them saw. */
export async function watchFromOutside(network: Network): Promise<{ leave(): Promise<Place[]> }> {
  const consoles = ['-r', '-rvvv'].map(option => ({ option, ...attachConsole(network, option) }))
  const manager = await tapManager(network, 'switch', installation(network).managerPassword)
  const seen = new Set<string>()
  let commandsPrinted = ''
  let isOver = false

  const looking = repeatUntil(
    () => isOver,
    200,
    async () => {
      for (const { commandLine, environment } of processesOf(network)) seen.add(commandLine).add(environment)
    },
  )
  const asking = repeatUntil(
    () => isOver,
    2_000,
    async () => {
      manager.ask('Action: CoreShowChannels')
      manager.ask('Action: Status\nAllVariables: true')
      commandsPrinted += await everythingAboutChannels(network)
    },
  )
  return {
    leave: async () => {
      isOver = true
      await Promise.all([looking, asking])
      manager.close()
      for (const { detach } of consoles) detach()
      return [
        ...consoles.map(({ option, printed }) => ({ name: `asterisk ${option}`, bytes: Buffer.from(printed()) })),
        { name: 'asterisk -rx', bytes: Buffer.from(commandsPrinted) },
        { name: 'AMI', bytes: Buffer.from(manager.printed(), 'latin1') },
        { name: 'arguments and environments', bytes: Buffer.from([...seen].join('\n'), 'latin1') },
      ]
    },
  }
}

async function everythingAboutChannels(network: Network): Promise<string> {
  const channels = await consoleCommand(network, 'core show channels concise')
  const names = [...channels.matchAll(/^[^!\n]+(?=!)/gm)].map(([name]) => name)
  const commands = ['core show channels verbose', 'pjsip show channels', 'dialplan show globals', 'ari show apps']
  const all = [...commands, ...names.map(name => `core show channel ${name}`)]
  const printed = await Promise.all(all.map(command => consoleCommand(network, command)))
  return [channels, ...printed].join('\n')
}

async function repeatUntil(isOver: () => boolean, everyMs: number, work: () => Promise<void>): Promise<void> {
  while (!isOver()) {
    await work()
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
