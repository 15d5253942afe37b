/** What of ggwave's bindings the benchmark uses. The package brings no types. */
declare module 'ggwave' {
  interface Module {
    readonly ProtocolId: { readonly GGWAVE_PROTOCOL_DT_FASTEST: object }
    readonly SampleFormat: { readonly GGWAVE_SAMPLE_FORMAT_F32: object }
    getDefaultParameters(): object
    init(parameters: object): number
    free(instance: number): void
    disableLog(): void
    encode(instance: number, text: string, protocol: object, volume: number): Int8Array
    decode(instance: number, samples: Int8Array): Int8Array
  }
  export default function load(options: { readonly print: () => void; readonly printErr: () => void }): Promise<Module>
}
