/** Heads that one institution holds prove another's books to an auditor elsewhere. */
import { expect, test } from 'vitest'
import { exportHeads, proveLog, readExportedHeads } from '../../../src/mail/head-file.ts'
import { fingerprint, ownCard } from '../../../src/mail/peers.ts'
import { inTown, type Office, type Town } from './offices.ts'

async function exported(town: Town): Promise<{ bank: Office; text: string; shop: Office }> {
  const [bank, shop] = await town.pair()
  for (const n of [1, 2, 3]) {
    await town.write(bank, shop, n)
    await bank.mail.idle()
    await town.runtime.sleep(1)
  }
  const text = await shop.store.read(tx => exportHeads(tx, { institution: shop.id, keys: shop.keys }, bank.id, 5))
  return { bank, shop, text }
}

test('they say whose they are and who holds them, and any change to the file is found', () =>
  inTown(async town => {
    const { bank, shop, text } = await exported(town)
    const heads = readExportedHeads(text)
    expect(heads).toMatchObject({ of: bank.id, holder: shop.id, forged: 0, exportedAt: 5 })
    expect(heads.holderFingerprint).toBe(fingerprint(ownCard(shop.id, shop.keys)))
    expect(heads.ownerKeys.map(({ keyId }) => keyId)).toEqual([bank.keys.publicKey('ledger').keyId])
    expect(heads.log.length).toBeGreaterThan(1)
    for (const [found, put] of [
      ['"sequence": "', '"sequence": "1'],
      ['"exportedAt": "5"', '"exportedAt": "6"'],
      [`"of": "${bank.id}"`, '"of": "other"'],
    ] as const) {
      expect(text).toContain(found)
      expect(() => readExportedHeads(text.replace(found, put))).toThrow('not what its holder signed')
    }
  }))

test('the log as it is stands the proof, and one that was changed or cut does not', () =>
  inTown(async town => {
    const { bank, text } = await exported(town)
    const { log } = readExportedHeads(text)
    const prove = () => bank.store.read(tx => proveLog(tx, log))
    expect(await prove()).toEqual({ contradictions: [], proved: log.length, untold: 0 })
    const highest = log.at(-1)
    if (highest === undefined) throw new Error('no head is held')
    expect(await bank.store.read(tx => proveLog(tx, [{ ...highest, sequence: 10_000n }]))).toMatchObject({
      contradictions: ['record 10000 of the change log was signed and is missing'],
    })
    expect(await bank.store.read(tx => proveLog(tx, [{ ...highest, hash: new Uint8Array(32) }]))).toMatchObject({
      contradictions: [`record ${highest.sequence} of the change log is another than was signed`],
      proved: 0,
    })
  }))

test('heads that were signed before the owner changed its key are as good as those since', () =>
  inTown(async town => {
    const { bank, shop } = await exported(town)
    const old = bank.keys.publicKey('ledger')
    await town.rotate(bank, 'ledger')
    await town.write(shop, bank, 4)
    await shop.mail.idle()
    const text = await shop.store.read(tx => exportHeads(tx, { institution: shop.id, keys: shop.keys }, bank.id, 5))
    const heads = readExportedHeads(text)
    const ids = heads.ownerKeys.map(({ keyId }) => keyId)
    expect(ids).toEqual([bank.keys.publicKey('ledger').keyId, old.keyId])
    expect(heads.forged).toBe(0)
    expect(new Set(heads.log.map(({ keyId }) => keyId))).toEqual(new Set(ids))
  }))
