/** From `closed` to `built`: each section is built as a payee's file is, then the header over all of them. */
import { fileHash, noFile } from '../../../clearing/header.ts'
import { encodeHostHeader, type HostHeader, rootOfSections } from '../../../clearing/host-header.ts'
import type { Slices } from '../../../clearing/slices.ts'
import { endOfDate } from '../../../ledger/cut-off.ts'
import { build } from '../../clearing/build.ts'
import { fileOf } from '../../clearing/files.ts'
import { gather } from './begin.ts'
import { type HostFileRow, type House, hostFileOf, sectionsOf } from './files.ts'

export async function buildHostFile(house: House, slices: Slices, file: HostFileRow): Promise<void> {
  const { store, payees } = house
  await gather(house, slices, file)
  for (const { payee, number, state } of await store.read(tx => sectionsOf(tx, file))) {
    if (state !== 'closed') continue
    const { shop } = payees.opened(payee)
    const section = await store.read(tx => fileOf(tx, payee, file.bank, number))
    if (section?.state === 'closed') await build(shop, slices, section)
  }
  await writeHeader(house, slices, file)
  house.runtime.reached('day-end.host-built')
}

async function writeHeader(house: House, slices: Slices, file: HostFileRow): Promise<void> {
  const { store, config, calendar } = house
  const { bank, number, date } = file
  const { sections, before } = await store.read(async tx => ({
    sections: await sectionsOf(tx, file),
    before: await hostFileOf(tx, config.id, bank, number - 1n),
  }))
  const hashes = sections.map(({ payee, hash }) => {
    if (hash === null) throw new Error(`the section of ${payee} is not built`)
    return hash
  })
  const lines = sections.reduce((sum, section) => sum + section.lines, 0n)
  const header: HostHeader = {
    ...{ format: 'tonebank host day end 2', network: config.network, from: config.id, to: bank, number, date },
    cutOff: { at: BigInt(endOfDate(calendar, date)), timeZone: calendar.timeZone },
    previous: new Uint8Array(before?.hash ?? noFile),
    ...{ sections: BigInt(sections.length), lines, root: rootOfSections(hashes) },
  }
  const encoded = encodeHostHeader(header)
  await slices.execute(tx =>
    tx.run(
      `UPDATE host_file SET state = 'built', header = ?, hash = ?, sections = ?, lines = ?
       WHERE tenant = ? AND bank = ? AND number = ? AND state = 'closed'`,
      ...[encoded, fileHash(encoded), header.sections, lines, config.id, bank, number],
    ),
  )
}
