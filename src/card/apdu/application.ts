/** How the application on a card is called, and what it calls its PIN and its keys. */

/** A name that is registered nowhere begins with F (ISO/IEC 7816-5 section 8); `TONEBANK` follows. */
export const applicationId = Uint8Array.of(0xf0, ...new TextEncoder().encode('TONEBANK'))

/** The application's own PIN, number 0 (ISO/IEC 7816-4, P2 of VERIFY). */
export const pinReference = 0x80

/** Keys for the personal password: to the issuer's public key, under the key that card and issuer agreed on. */
export const keyReferences = { hpke: 1, agreed: 2 } as const
