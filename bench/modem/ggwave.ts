/** ggwave (npm, WebAssembly): data as dual tones, what one would pick to send a few bytes by sound. Nothing of ours needs it but this comparison. */
import factory from 'ggwave'

export interface Ggwave {
  /** Up to 140 characters as sound at 8 kHz, in its fastest dual-tone mode: the one of its modes that lies in a telephone's band. */
  encode(text: string): Float32Array
  /** What it reads in a signal, or nothing. */
  decode(samples: Float32Array): string
}

const VOLUME = 25

export async function openGgwave(): Promise<Ggwave> {
  const module = await factory({ print: () => {}, printErr: () => {} })
  module.disableLog()
  const format = module.SampleFormat.GGWAVE_SAMPLE_FORMAT_F32
  const parameters = {
    ...module.getDefaultParameters(),
    sampleRateInp: 8000,
    sampleRateOut: 8000,
    sampleFormatInp: format,
    sampleFormatOut: format,
  }
  // A receiver keeps what it heard before: each signal gets one of its own.
  const withInstance = <T>(use: (instance: number) => T): T => {
    const instance = module.init(parameters)
    try {
      return use(instance)
    } finally {
      module.free(instance)
    }
  }
  return {
    encode: text =>
      withInstance(instance => {
        const bytes = module.encode(instance, text, module.ProtocolId.GGWAVE_PROTOCOL_DT_FASTEST, VOLUME)
        return new Float32Array(Uint8Array.from(bytes).buffer)
      }),
    decode: samples =>
      withInstance(instance => {
        const read = module.decode(instance, new Int8Array(samples.buffer, samples.byteOffset, samples.byteLength))
        return Buffer.from(read).toString('latin1')
      }),
  }
}
