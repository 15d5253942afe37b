/** Netstrings (`5:hello,`), which baresip's control connection is made of. */

export function encodeNetstring(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes, Buffer.from(',')])
}

/** @returns a function that takes received bytes, in pieces of any size, and gives the strings completed by them */
export function netstringReader(): (bytes: Buffer) => string[] {
  let rest: Buffer = Buffer.alloc(0)
  return bytes => {
    rest = Buffer.concat([rest, bytes])
    const texts: string[] = []
    for (;;) {
      const colon = rest.indexOf(':')
      if (colon < 0) return texts
      const length = Number(rest.toString('latin1', 0, colon))
      const end = colon + 1 + length
      if (rest.length < end + 1) return texts
      texts.push(rest.toString('utf8', colon + 1, end))
      rest = rest.subarray(end + 1)
    }
  }
}
