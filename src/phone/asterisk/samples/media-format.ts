/** How a call's sound is coded on its way out of Asterisk and into it. */
import { aLaw, type Law, muLaw } from '../../../g711.ts'

export interface MediaFormat extends Law {
  /** Asterisk's name of it. */
  readonly name: 'alaw' | 'ulaw'
  /** RFC 3551, table 4. */
  readonly payloadType: 8 | 0
}

export const mediaFormats: Readonly<Record<MediaFormat['name'], MediaFormat>> = {
  alaw: { ...aLaw, name: 'alaw', payloadType: 8 },
  ulaw: { ...muLaw, name: 'ulaw', payloadType: 0 },
}
