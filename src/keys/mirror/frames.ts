/** Requests and answers on a stream of bytes: each after its length, four bytes, the highest first. */
import { frameLimit } from './requests.ts'

export function framed(content: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(4 + content.length)
  frame.writeUInt32BE(content.length)
  frame.set(content, 4)
  return frame
}

/** @throws RangeError when one is longer than any is */
export async function* framesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let waiting: Buffer = Buffer.alloc(0)
  for await (const piece of stream) {
    waiting = waiting.length === 0 ? piece : Buffer.concat([waiting, piece])
    while (waiting.length >= 4) {
      const length = waiting.readUInt32BE()
      if (length > frameLimit) throw new RangeError(`a frame of ${length} bytes`)
      if (waiting.length < 4 + length) break
      yield waiting.subarray(4, 4 + length)
      waiting = waiting.subarray(4 + length)
    }
  }
}
