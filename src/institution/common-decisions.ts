/** The decisions of every institution: about its people, its counterparties, its keys, and books that went back. */
import { z } from 'zod'
import { type InstitutionId, institutionIdShape } from '../ids.ts'
import { type KeyStore, publicPurposes } from '../keys/keys.ts'
import { addPerson, people, revokePerson, roles } from '../keys/people.ts'
import { allowEpoch } from '../mail/epochs.ts'
import { integer } from '../mail/letter.ts'
import type { Mail } from '../mail/mail.ts'
import { changeTo, letKeyGo, ownKeys } from '../mail/own-keys.ts'
import { type PeerCard, pinPeer } from '../mail/peers.ts'
import { resumePeer, whySuspended } from '../mail/suspension.ts'
import { type Kind, onFacts } from './decisions.ts'
import { releaseFacts, releaseRecovery, releaseShape } from './gap.ts'
import { signedFacts } from './signed-facts.ts'

const bytes32 = z.instanceof(Uint8Array).refine(bytes => bytes.length === 32)
const publicKey = <P extends string>(purpose: P) =>
  z.strictObject({ keyId: z.string(), purpose: z.literal(purpose), bytes: bytes32 })

/** What a counterparty hands over; nothing in it is secret. */
export const peerCardShape = z.strictObject({
  institution: institutionIdShape,
  signing: publicKey('envelope'),
  receiving: publicKey('receive'),
  ledger: publicKey('ledger'),
  transport: publicKey('transport').optional(),
}) satisfies z.ZodType<PeerCard>

const personShape = z.strictObject({ name: z.string().min(1), role: z.enum(roles), publicKey: bytes32 })
const pinShape = z.strictObject({ card: peerCardShape, fingerprint: z.string() })
const epochShape = z.strictObject({ peer: institutionIdShape, epoch: integer })
const resumeShape = z.strictObject({ peer: institutionIdShape, facts: signedFacts })
const rotateShape = z.strictObject({ purpose: z.enum(publicPurposes) })
const letGoShape = z.strictObject({ keyId: z.string() })
const revokeShape = z.strictObject({ name: z.string(), facts: signedFacts })

/** The decisions of every institution. */
export function commonDecisions(
  tenant: InstitutionId,
  keys: KeyStore,
  mail: Pick<Mail, 'meetPeers' | 'changeKey' | 'keysChanged'>,
): Readonly<Record<string, Kind>> {
  const officers = ['officer'] as const
  return {
    'add-person': {
      roles: officers,
      carryOut: async (tx, { request, digest }, at) => {
        const { outcome } = await addPerson(tx, tenant, personShape.parse(request), at, digest)
        return { done: outcome === 'added', outcome }
      },
    },
    'revoke-person': onFacts({
      roles: officers,
      shape: revokeShape,
      // Somebody else of the name may have come since.
      facts: async (tx, request) => {
        const { name } = revokeShape.parse(request)
        const found = (await people(tx, tenant)).find(each => each.revokedAt === undefined && each.name === name)
        return found && { key: found.keyId, role: found.role }
      },
      carryOut: async (tx, { request, digest }, at) => {
        const { outcome } = await revokePerson(tx, tenant, revokeShape.parse(request).name, at, digest)
        return { done: outcome === 'revoked', outcome }
      },
    }),
    'pin-peer': {
      roles: officers,
      carryOut: async (tx, by, at) => {
        const { card, fingerprint } = pinShape.parse(by.request)
        const { outcome } = await pinPeer(tx, tenant, card, { fingerprint, by, at })
        return { done: outcome === 'pinned', outcome }
      },
      afterwards: () => mail.meetPeers(),
    },
    'rotate-key': rotateKey(tenant, keys, mail),
    'let-key-go': {
      roles: officers,
      carryOut: async (tx, { request, digest }) => {
        const { outcome } = await letKeyGo(tx, tenant, letGoShape.parse(request).keyId, digest)
        return { done: outcome === 'let-go', outcome }
      },
      afterwards: () => mail.keysChanged(),
    },
    'allow-epoch': {
      roles: officers,
      carryOut: async (tx, by) => {
        const { peer, epoch } = epochShape.parse(by.request)
        const { outcome } = await allowEpoch(tx, tenant, peer, epoch, by)
        return { done: outcome === 'allowed', outcome }
      },
    },
    'release-recovery': onFacts({
      roles: officers,
      shape: releaseShape,
      facts: (tx, request) => releaseFacts(tx, tenant, request),
      carryOut: (tx, by, at) => releaseRecovery(tx, tenant, by, at),
    }),
    'resume-peer': onFacts({
      roles: officers,
      shape: resumeShape,
      // Of what it was looked into: suspended again, it may be for something else.
      facts: (tx, request) => whySuspended(tx, tenant, resumeShape.parse(request).peer),
      carryOut: async (tx, by) => {
        const { outcome } = await resumePeer(tx, tenant, resumeShape.parse(by.request).peer, by)
        return { done: outcome === 'resumed', outcome }
      },
      afterwards: () => mail.meetPeers(),
    }),
  }
}

/** A new key of a purpose; counterparties are told of it afterwards. */
function rotateKey(tenant: InstitutionId, keys: KeyStore, mail: Pick<Mail, 'changeKey' | 'keysChanged'>): Kind {
  return {
    roles: ['officer'],
    shape: rotateShape,
    prepare: request => mail.changeKey(rotateShape.parse(request).purpose),
    carryOut: async (tx, { request, digest }, at, prepared) => {
      const { purpose } = rotateShape.parse(request)
      const key = keys.publicKeys().find(each => each === prepared)
      // Another approval came in between, with the same new key.
      const isTaken = (await ownKeys(tx, tenant, purpose)).some(({ keyId }) => keyId === key?.keyId)
      if (key === undefined || isTaken) return { done: false, outcome: 'busy' }
      await changeTo(tx, tenant, keys, key, { origin: 'decided', decision: digest, at })
      return { done: true, outcome: 'rotated' }
    },
    afterwards: () => mail.keysChanged(),
  }
}
