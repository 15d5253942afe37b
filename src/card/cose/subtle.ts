/** WebCrypto, which browsers and Node have alike. Nothing here draws chance from it but ECDSA's own signing does, inside. */

// By its long name, as the short one also gives random bytes, which come from the runtime only.
export const subtle = globalThis.crypto.subtle

/** A buffer of just these bytes: a view may be a part of a larger one, or of one that threads share. */
export function exact(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle.digest('SHA-256', exact(bytes)))
}
