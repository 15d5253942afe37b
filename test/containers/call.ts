/** A call to 9001 with a real softphone that counts RTP packets: a SIP 200 proves nothing. */

import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { startPhone } from '../calls/harness/baresip.ts'
import { type Engine, hold } from './engine.ts'

const listenMs = 5_000

/**
 * @param container whose data folder says by which port and account to call
 * @param dataFolder in it
 */
export async function call(engine: Engine, container: string, dataFolder: string): Promise<void> {
  const text = await engine.ask(['exec', container, 'cat', `${dataFolder}/switch/installation.json`])
  const { ports, phonePasswords } = JSON.parse(text)
  const [user = '', password = ''] = Object.entries<string>(phonePasswords)[0] ?? []
  const phone = await startPhone({
    server: { host: '127.0.0.1', port: ports.sip },
    account: { user, password: new Secret(password) },
  })
  await phone.dial('9001')
  await systemRuntime.sleep(listenMs)
  await phone.hangUp()
  const { heard, packets } = await phone.quit()
  const loudest = (heard[0] ?? new Int16Array()).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
  const counted = `${packets.received} RTP packets received, ${packets.sent} sent, loudest sample ${loudest}`
  // Fifty a second each way.
  const flows = Math.min(packets.received, packets.sent) >= 150 && loudest >= 1_000
  hold(flows, `9001 answers and is heard for ${listenMs / 1000} s: ${counted}`)
}
