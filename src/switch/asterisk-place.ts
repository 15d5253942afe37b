/** Where Asterisk runs: here, or in a container beside us. compose.yaml sets these variables; nobody else need. */
import { z } from 'zod'
import type { SwitchOptions } from './contract.ts'

const portsPattern = /^(sip|asteriskSip|tls|ari|manager|rtpFirst|rtpLast)=(\d+)$/
const portNames = z.enum(['sip', 'asteriskSip', 'tls', 'ari', 'manager', 'rtpFirst', 'rtpLast'])

/** What the environment says of it, to be spread into the options of `startSwitch`. */
export function asteriskPlace(
  environment: NodeJS.ProcessEnv,
): Pick<SwitchOptions, 'process' | 'publishedAddress' | 'ports'> {
  const publishedAddress = environment['TONEBANK_PUBLISHED_ADDRESS']
  const ports = environment['TONEBANK_PORTS']
  return {
    // The socket's folder is inside Asterisk's container.
    ...(environment['TONEBANK_ASTERISK'] === 'elsewhere'
      ? { process: { where: 'elsewhere' as const, runFolder: '/run/tonebank' } }
      : {}),
    ...(publishedAddress ? { publishedAddress } : {}),
    ...(ports ? { ports: readPorts(ports) } : {}),
  }
}

/** `sip=5060,rtpFirst=12000` */
function readPorts(text: string): Partial<Record<z.infer<typeof portNames>, number>> {
  return Object.fromEntries(
    text.split(',').map(entry => {
      const [, name, port] = entry.match(portsPattern) ?? []
      if (!name) throw new Error(`TONEBANK_PORTS: ${entry} is not like sip=5060`)
      return [portNames.parse(name), Number(port)]
    }),
  )
}
