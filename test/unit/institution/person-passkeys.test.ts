/** Passkeys of the people who decide: how one comes to count, what it signs, what the audit says when rows say something else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appointTwo } from '../../../demo/two-people.ts'
import { alarmBookMigrations } from '../../../src/institution/alarm-book.ts'
import { type Decisions, decisionsOf, type Kind } from '../../../src/institution/decisions.ts'
import { decisionIdentities } from '../../../src/institution/people-audit.ts'
import { comparedDigits, type PersonPasskeys, personPasskeys } from '../../../src/institution/person-passkeys.ts'
import { checkedMessage, signApproval, signProposal, unsignedProposal } from '../../../src/keys/approval.ts'
import { assertionIn } from '../../../src/keys/passkey.ts'
import { challengeOf } from '../../../src/keys/passkey-assertion.ts'
import { peopleMigrations } from '../../../src/keys/people.ts'
import { drawSigner, type Signer } from '../../../src/keys/person-key.ts'
import { signAboutTo, signMine, signNoMore } from '../../../src/keys/person-passkeys.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { randomId } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { openMemory, serialize } from '../../../src/store/connection.ts'
import { openStore, readSnapshot } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const tenant = institutionId('harbour')
const site = { id: 'counter.harbour.localhost', origin: 'http://counter.harbour.localhost:8500' }
const elsewhere = { id: 'harbour.localhost', origin: 'http://harbour.localhost:8500' }
const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'
const minute = 60_000
let runtime: VirtualRuntime
let store: Store
let decisions: Decisions
let passkeys: PersonPasskeys
let mei: Signer
let peter: Signer
let done: unknown[] = []

const payIn: Kind = {
  roles: ['teller', 'officer'],
  // So that it is not tried out when it is proposed: each time that it is carried out counts.
  prepare: async () => undefined,
  carryOut: async (_tx, { request }) => {
    done.push(request)
    return { done: true, outcome: 'paid' }
  },
}

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 11 })
  done = []
  await runtime.run(async () => {
    const migrations = [...clearingMigrations, ...peopleMigrations, ...alarmBookMigrations]
    store = openStore({ runtime, at: { memory: 'empty' }, migrations })
    await store.execute(tx => establish(tx, tenant))
    decisions = decisionsOf({ store, runtime, tenant }, { 'pay-in': payIn })
    passkeys = personPasskeys(store, runtime, tenant)
    passkeys.servedAt(site.origin)
    const two = await appointTwo(decisions, runtime, { maker: 'Sun Mei', checker: 'Peter Hall' })
    mei = two.maker.signer
    peter = two.checker.signer
  })
})
afterEach(() => store.close())

const now = () => runtime.wallNow()

async function begin(signer: Signer, by = signer) {
  const begun = await passkeys.begin({ person: signer.keyId, at: now(), signature: signAboutTo(by, tenant, now()) })
  if (begun.outcome !== 'begun') throw new Error(begun.outcome)
  return begun
}

const browser = { channel: 'page', address: '192.0.2.7' } as const

/** By the id of what was taken; none. */
function take(code: Secret): string {
  const taken = passkeys.take(code, browser)
  return taken.outcome === 'taken' ? taken.id : ''
}

/** As command and browser do it. */
async function enrol(signer: Signer, device: Authenticator, by = signer) {
  const { code, made } = await begin(signer)
  const id = take(code)
  const shown = await passkeys.made(id, { response: device.create(challenge, site), challenge, site })
  if (shown.outcome !== 'made') throw new Error(shown.outcome)
  const passkey = await made
  if (passkey === 'over') throw new Error('over')
  expect(shown.digits).toBe(comparedDigits(passkey))
  const signature = signMine(by, tenant, passkey, now())
  return passkeys.vouch(code, { person: signer.keyId, at: now(), signature })
}

const enrolled = async (signer: Signer, name: string) => {
  const device = new Authenticator(name)
  expect(await enrol(signer, device)).toEqual({ outcome: 'enrolled' })
  return device
}

function byPasskey(device: Authenticator, message: Uint8Array, at = site) {
  const read = assertionIn(device.get(challengeOf(message), at))
  if (read === undefined) throw new Error('no assertion')
  return read
}

function propose(maker: Signer, device: Authenticator, at = site) {
  const what = { tenant, kind: 'pay-in', request: { account: '1' }, why: 'cash' }
  const { content, message } = unsignedProposal(maker.keyId, what, { at: now(), nonce: randomId(runtime) })
  return decisions.propose({ content, ...byPasskey(device, message, at) })
}
async function proposed(...args: Parameters<typeof propose>) {
  const made = await propose(...args)
  if (made.outcome !== 'proposed') throw new Error(made.outcome)
  return made.digest
}
const approve = (digest: string, checker: Signer, device: Authenticator, at = site) =>
  decisions.approve({ digest, checker: checker.keyId, ...byPasskey(device, checkedMessage(digest), at) })

const findings = async () =>
  (await Promise.all(decisionIdentities.map(identity => store.read(identity)))).flat().map(({ what }) => what)

/** What the audit says of these books after `sql` was done behind the program's back. */
async function tampered(sql: string): Promise<readonly string[]> {
  const database = openMemory(await store.snapshot())
  database.pragma('foreign_keys = OFF')
  for (const { name } of database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    .all())
    database.exec(`DROP TRIGGER ${name}`)
  database.exec(sql)
  const snapshot = serialize(database)
  database.close()
  const found = await Promise.all(decisionIdentities.map(identity => readSnapshot({ snapshot }, identity)))
  return found.flat().map(({ what }) => what)
}

test('two people decide by passkeys that their keys vouched for, and the audit finds nothing wrong', () =>
  runtime.run(async () => {
    const [first, second] = [await enrolled(mei, 'mei'), await enrolled(peter, 'peter')]
    const digest = await proposed(mei, first)
    expect(await approve(digest, peter, second)).toMatchObject({ decided: true, outcome: 'paid' })
    expect(done).toEqual([{ account: '1' }])
    expect(await findings()).toEqual([])
    expect(await approve(digest, peter, second)).toMatchObject({ decided: false, outcome: 'already-approved' })
  }))

test('a key in a command and a passkey on a page go together', () =>
  runtime.run(async () => {
    const device = await enrolled(peter, 'peter')
    const drawn = { at: now(), nonce: randomId(runtime) }
    const made = await decisions.propose(signProposal(mei, { tenant, kind: 'pay-in', request: {} }, drawn))
    if (made.outcome !== 'proposed') throw new Error(made.outcome)
    expect(await approve(made.digest, peter, device)).toMatchObject({ decided: true })
    const other = await proposed(peter, device)
    expect(await decisions.approve(signApproval(mei, other))).toMatchObject({ decided: true })
    expect(await findings()).toEqual([])
  }))

test('one person alone decides nothing, by however many passkeys', () =>
  runtime.run(async () => {
    const [one, other] = [await enrolled(mei, 'computer'), await enrolled(mei, 'telephone')]
    const digest = await proposed(mei, one)
    expect(await approve(digest, mei, other)).toMatchObject({ decided: false, outcome: 'one-person-only' })
    // Nor by saying that it is somebody else's.
    expect(await approve(digest, peter, other)).toMatchObject({ decided: false, outcome: 'bad-signature' })
    expect(done).toEqual([])
  }))

test('what was signed for something else, elsewhere or by an unknown passkey is no signature', () =>
  runtime.run(async () => {
    const [first, second] = [await enrolled(mei, 'mei'), await enrolled(peter, 'peter')]
    const [digest, another] = [await proposed(mei, first), await proposed(mei, first)]
    const wrong = async (signed: ReturnType<typeof byPasskey>) =>
      expect(await decisions.approve({ digest, checker: peter.keyId, ...signed })).toMatchObject({
        outcome: 'bad-signature',
      })
    await wrong(byPasskey(second, checkedMessage(another)))
    await wrong(byPasskey(second, checkedMessage(digest), elsewhere))
    await wrong(byPasskey(new Authenticator('stranger'), checkedMessage(digest)))
    const right = byPasskey(second, checkedMessage(digest))
    await wrong({ ...right, signature: right.signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) })
    // Its holder was not recognised.
    const unseen = new Uint8Array(right.by.authenticatorData)
    unseen[32] = 1
    await wrong({ ...right, by: { ...right.by, authenticatorData: unseen } })
    expect(await propose(mei, second)).toMatchObject({ outcome: 'bad-signature' })
    expect(done).toEqual([])
  }))

test('a passkey counts by its own person’s word alone, under the code that they were told, once', () =>
  runtime.run(async () => {
    expect(
      await passkeys.begin({ person: mei.keyId, at: now(), signature: signAboutTo(peter, tenant, now()) }),
    ).toEqual({
      outcome: 'bad-signature',
    })
    expect(await enrol(mei, new Authenticator('not hers'), peter)).toEqual({ outcome: 'bad-signature' })
    expect(await passkeys.list()).toEqual([])
    const { code } = await begin(mei)
    expect(passkeys.take(new Secret('000000000000'), browser)).toEqual({ outcome: 'wrong' })
    const id = take(code)
    expect(passkeys.take(code, browser), 'a code is taken once').toEqual({ outcome: 'wrong' })
    const device = new Authenticator('mei')
    const made = { response: device.create(challenge, elsewhere), challenge, site }
    expect(await passkeys.made(id, made)).toEqual({ outcome: 'refused' })
    await runtime.sleep(10 * minute)
    const late = { response: device.create(challenge, site), challenge, site }
    expect(await passkeys.made(id, late)).toEqual({ outcome: 'over' })
    const first = await enrolled(mei, 'again')
    expect(await enrol(peter, first), 'of somebody already').toEqual({ outcome: 'known-passkey' })
  }))

test('it proves who is there, each answer once, until its person lets it go or goes', () =>
  runtime.run(async () => {
    const device = await enrolled(mei, 'mei')
    const answer = device.get(challenge, site)
    const asked = { response: answer, challenge, site }
    expect(await passkeys.prove(asked)).toMatchObject({ outcome: 'proven', person: { name: 'Sun Mei' } })
    expect(await passkeys.prove(asked), 'the same answer again').toEqual({ outcome: 'refused' })
    expect(await passkeys.isInUse(mei.keyId, device.id)).toBe(true)
    const digest = await proposed(mei, device)
    const word = (by: Signer, at = now()) => ({
      person: by.keyId,
      at,
      signature: signNoMore(by, tenant, device.id, at),
    })
    // It would disown what it signed.
    expect(await passkeys.letGo(device.id, word(mei, now() - 1))).toBe('used-since')
    expect(await passkeys.letGo(device.id, word(mei, now() + 1)), 'of later').toBe('bad-signature')
    expect(await passkeys.letGo(device.id, word(peter))).toBe('unknown-passkey')
    expect(await passkeys.letGo(device.id, { ...word(peter), person: mei.keyId })).toBe('bad-signature')
    expect(await passkeys.letGo(device.id, word(mei))).toBe('let-go')
    expect(await passkeys.isInUse(mei.keyId, device.id)).toBe(false)
    expect(await passkeys.prove({ response: device.get(challenge, site), challenge, site })).toEqual({
      outcome: 'refused',
    })
    expect(await decisions.approve(signApproval(peter, digest))).toMatchObject({ outcome: 'bad-signature' })
    expect(await enrol(mei, device), 'for ever').toEqual({ outcome: 'known-passkey' })
    expect(await findings()).toEqual([])
  }))

test('nobody is told a code where no page would take it', () =>
  runtime.run(async () => {
    const nowhere = personPasskeys(store, runtime, tenant)
    const asked = { person: mei.keyId, at: now(), signature: signAboutTo(mei, tenant, now()) }
    expect(await nowhere.begin(asked)).toEqual({ outcome: 'no-page' })
    const stranger = drawSigner(runtime, 'Eve').signer
    const unknown = { person: stranger.keyId, at: now(), signature: signAboutTo(stranger, tenant, now()) }
    expect(await passkeys.begin(unknown)).toEqual({ outcome: 'unknown-person' })
    const old = now() - 20 * minute
    expect(await passkeys.begin({ person: mei.keyId, at: old, signature: signAboutTo(mei, tenant, old) })).toEqual({
      outcome: 'bad-signature',
    })
  }))

const vouched = 'its person did not sign that it is theirs'
const checked = "its checker's signature is wrong"
test.each([
  [
    'another key',
    'UPDATE person_passkey SET public_key = (SELECT public_key FROM person_passkey AS other WHERE other.id <> person_passkey.id)',
    vouched,
  ],
  [
    'another person',
    'UPDATE person_passkey SET person = (SELECT person FROM person_passkey AS other WHERE other.id <> person_passkey.id)',
    vouched,
  ],
  ['another origin', "UPDATE person_passkey SET origin = 'https://evil.example'", vouched],
  ['another time', 'UPDATE person_passkey SET enrolled_at = enrolled_at + 1', vouched],
  ['its word', 'UPDATE person_passkey SET signature = zeroblob(64)', vouched],
  [
    'it is gone',
    'UPDATE person_passkey SET removed_at = enrolled_at, removal = zeroblob(64)',
    'its person did not sign that it goes',
  ],
  [
    'what the browser said',
    "UPDATE approval SET client_data = CAST(replace(CAST(client_data AS TEXT), 'webauthn.get', 'webauthn.set') AS BLOB)",
    checked,
  ],
  [
    'a holder who was not seen',
    "UPDATE approval SET authenticator_data = CAST(substr(authenticator_data, 1, 32) || x'01' || substr(authenticator_data, 34) AS BLOB)",
    checked,
  ],
  ['the signature', 'UPDATE approval SET signature = zeroblob(70)', checked],
  [
    'an assertion for something else',
    'UPDATE approval SET (signature, authenticator_data, client_data) = (SELECT signature, authenticator_data, client_data FROM approval AS other WHERE other.digest <> approval.digest)',
    checked,
  ],
  ['a passkey of somebody else', 'UPDATE approval SET passkey = (SELECT passkey FROM proposal LIMIT 1)', checked],
])('the audit finds %s', (_what, sql, said) =>
  runtime.run(async () => {
    const [first, second] = [await enrolled(mei, 'mei'), await enrolled(peter, 'peter')]
    await approve(await proposed(mei, first), peter, second)
    await approve(await proposed(mei, first), peter, second)
    expect(await tampered('SELECT 1')).toEqual([])
    expect(await tampered(sql)).toContain(said)
  }),
)

test('the audit finds an approval that the maker’s own passkey signed in the checker’s name', () =>
  runtime.run(async () => {
    const [first, second] = [await enrolled(mei, 'mei'), await enrolled(peter, 'peter')]
    const digest = await proposed(mei, first)
    await approve(digest, peter, second)
    const { by, signature } = byPasskey(first, checkedMessage(digest))
    const hex = (bytes: Uint8Array) => `x'${Buffer.from(bytes).toString('hex')}'`
    const forged = `passkey = '${by.id}', signature = ${hex(signature)}, authenticator_data = ${hex(by.authenticatorData)}`
    expect(await tampered(`UPDATE approval SET ${forged}, client_data = ${hex(by.clientData)}`)).toContain(checked)
  }))

test('whoever tries codes keeps nobody else from setting up theirs', () =>
  runtime.run(async () => {
    const { code } = await begin(mei)
    const stranger = (n: number) => ({ channel: 'page', address: `2001:db8:1:2::${n}` }) as const
    const said = Array.from({ length: 40 }, (_, n) => passkeys.take(new Secret('000000000000'), stranger(n)).outcome)
    expect(said.filter(outcome => outcome === 'wrong')).toHaveLength(15)
    expect(said.at(-1)).toBe('busy')
    expect(passkeys.take(code, browser)).toMatchObject({ outcome: 'taken' })
  }))
