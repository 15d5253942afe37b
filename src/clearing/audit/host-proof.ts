/** Proves one file of a host from its raw rows, with code of its own: used by the audits of both ends, as `proof.ts` is. */
import { bytes, type FileToProve, hex, RootAgain, record, safely, sha256 } from './proof.ts'

export type HostFileToProve = FileToProve & {
  readonly sections: bigint
  readonly lines: bigint
}

/** A section: the hash of its payee's file, and how many lines that has. */
export type SectionToProve = {
  readonly hash: Uint8Array | null
  readonly lines: bigint
}

/** `sections`: all of them, by the bytes of their payees' ids; undefined where these books do not have all. */
export function hostFileFaults(
  file: HostFileToProve,
  parties: { readonly from: string; readonly to: string },
  previous: Uint8Array | undefined,
  sections: readonly SectionToProve[] | undefined,
): readonly string[] {
  const faults: string[] = []
  if (hex(sha256(file.header)) !== hex(file.hash)) faults.push('its hash is not that of its header')
  const header = record(safely(file.header))
  const said = (name: string) => String(header[name])
  if (said('from') !== parties.from || said('to') !== parties.to) faults.push('its header names others')
  if (said('number') !== String(file.number) || said('date') !== file.date)
    faults.push('its header has another number or date')
  if (said('sections') !== String(file.sections) || said('lines') !== String(file.lines))
    faults.push(`its header has ${said('sections')} sections and ${said('lines')} lines`)
  if (hex(bytes(header['previous'])) !== hex(previous ?? new Uint8Array(32)))
    faults.push('it does not follow the file before')
  if (sections === undefined) return faults
  const root = new RootAgain()
  for (const { hash } of sections) root.add(sha256(Buffer.from([0]), hash ?? new Uint8Array()))
  if (root.root() !== hex(bytes(header['root']))) faults.push('its root is not that of its sections')
  const lines = sections.reduce((sum, section) => sum + section.lines, 0n)
  if (BigInt(sections.length) !== file.sections || lines !== file.lines)
    faults.push(
      `it counts ${file.sections} sections and ${file.lines} lines, and ${sections.length} and ${lines} are there`,
    )
  return faults
}
