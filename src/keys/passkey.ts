/**
 * Passkeys (Web Authentication Level 3): whether a browser's answer was made by a key of our site's, for this challenge and no
 * other, with its user verified by fingerprint, face or PIN. Which maker built the authenticator is not asked (attestation `none`).
 */
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { z } from 'zod'
import type { ByPasskey } from './passkey-assertion.ts'

/** EdDSA, ES256, RS256, by their COSE numbers, in the order in which they are preferred. */
export const passkeyAlgorithms: readonly number[] = [-8, -7, -257]

/** Where a passkey counts: the relying party's id, which is a host name, and the one origin that its answers come from. */
export interface PasskeySite {
  readonly id: string
  readonly origin: string
}

export interface PasskeyKey {
  /** Base64url, as the authenticator chose it. */
  readonly id: string
  /** COSE_Key. */
  readonly publicKey: Uint8Array
  /** How often it was used, as far as it counts: those that are kept by several devices always say zero. */
  readonly counter: number
}

const base64url = z.string().regex(/^[\w-]{1,8192}$/)
const credential = {
  id: z.string().regex(/^[\w-]{16,1400}$/),
  rawId: base64url,
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}),
}
const registrationShape = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
  }),
})
const assertionShape = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.nullish(),
  }),
})

/** `response`: JSON, as a browser sent it. `challenge`: base64url. Undefined: it is not what was asked for. */
export async function madePasskey(
  response: string,
  challenge: string,
  { id, origin }: PasskeySite,
): Promise<PasskeyKey | undefined> {
  const read = registrationShape.safeParse(jsonOf(response))
  if (!read.success) return undefined
  try {
    const made = await verifyRegistrationResponse({
      response: read.data as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...passkeyAlgorithms],
    })
    if (!made.verified || made.registrationInfo.fmt !== 'none') return undefined
    const { credential } = made.registrationInfo
    return { id: credential.id, publicKey: credential.publicKey, counter: credential.counter }
  } catch {
    // The library says by exceptions what does not fit.
    return undefined
  }
}

/** Which passkey a browser says that it used, before anything is verified. */
export function passkeyNamedIn(response: string): string | undefined {
  const read = assertionShape.safeParse(jsonOf(response))
  return read.success ? read.data.id : undefined
}

/** The parts of a browser's answer that are kept. Undefined: it is none. */
export function assertionIn(response: string): { readonly by: ByPasskey; readonly signature: Uint8Array } | undefined {
  const read = assertionShape.safeParse(jsonOf(response))
  if (!read.success) return undefined
  const { authenticatorData, clientDataJSON, signature } = read.data.response
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
  const by = { id: read.data.id, authenticatorData: bytes(authenticatorData), clientData: bytes(clientDataJSON) }
  return { by, signature: bytes(signature) }
}

/** The new counter, when `key` signed `challenge` for this site. Undefined: it did not. */
export async function passkeySigned(
  response: string,
  challenge: string,
  { id, origin }: PasskeySite,
  key: PasskeyKey,
): Promise<number | undefined> {
  const read = assertionShape.safeParse(jsonOf(response))
  if (!read.success) return undefined
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: read.data as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      credential: { id: key.id, publicKey: Uint8Array.from(key.publicKey), counter: key.counter },
    })
    return verified ? authenticationInfo.newCounter : undefined
  } catch {
    return undefined
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
