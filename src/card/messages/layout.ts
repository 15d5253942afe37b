/** Messages of fixed layout: fields of so many bytes each, one after the other. `docs/protocol.md` has the same table. */
import { joined } from '../../bytes.ts'

export type Layout = Readonly<Record<string, number>>
export type Fields<L extends Layout> = { readonly [Field in keyof L]: Uint8Array }

export function bytesOf(layout: Layout): number {
  return Object.values(layout).reduce((sum, length) => sum + length, 0)
}

/** @throws RangeError for a field of another length. */
export function lay<L extends Layout>(layout: L, fields: Fields<L>): Uint8Array<ArrayBuffer> {
  return joined(
    ...Object.entries(layout).map(([name, length]) => {
      const field = fields[name]
      if (field?.length !== length) throw new RangeError(`${name} of ${field?.length} bytes instead of ${length}`)
      return field
    }),
  )
}

/** Undefined when the message has another length. */
export function fieldsIn<L extends Layout>(layout: L, message: Uint8Array): Fields<L> | undefined {
  if (message.length !== bytesOf(layout)) return undefined
  let at = 0
  const entries = Object.entries(layout).map(([name, length]) => {
    at += length
    return [name, message.slice(at - length, at)] as const
  })
  return Object.fromEntries(entries) as Fields<L>
}

/** Whole numbers below 2³², most significant byte first. */
export function uint(value: number, length: 1 | 2 | 4): Uint8Array {
  const four = new Uint8Array(4)
  new DataView(four.buffer).setUint32(0, value)
  return four.slice(4 - length)
}

export function uintIn(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}
