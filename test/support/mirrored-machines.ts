/** Two machines of an institution that have its record keys, each a folder and a life of its own, on the loopback. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyTable } from '../../src/keys/mirror/key-table.ts'
import { machineKey } from '../../src/keys/mirror/machine-key.ts'
import type { MirroredRecordKeys } from '../../src/keys/mirror/mirrored-keys.ts'
import { type MachinePlace, openMirroredKeys } from '../../src/keys/mirror/open-mirrored.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { freePort } from '../../src/switch/ports.ts'
import { institutionId } from './ids.ts'
import { MortalRuntime } from './mortal-runtime.ts'

export type Name = 'a' | 'b'

const times = { connectMs: 3_000, answerMs: 5_000, serveMs: 5_000 }

export class MirroredMachines {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tonebank-mirror-'))
  readonly #open = new Map<Name, MirroredRecordKeys>()
  readonly lives = new Map<Name, MortalRuntime>()
  machines: MachinePlace[] = []

  static async make(): Promise<MirroredMachines> {
    const made = new MirroredMachines()
    for (const name of ['a', 'b'] as const) {
      const port = await freePort(systemRuntime, 'tcp', '127.0.0.1')
      made.machines.push({ host: '127.0.0.1', port, key: machineKey(systemRuntime, made.folder(name)).pin })
    }
    return made
  }

  folder(name: Name): string {
    return join(this.#folder, name, 'record-keys')
  }

  /** As a process that begins: it is the mirror until it serves. */
  async start(name: Name, machines: readonly MachinePlace[] = this.machines): Promise<MirroredRecordKeys> {
    const life = new MortalRuntime(systemRuntime)
    this.lives.set(name, life)
    const keys = await openMirroredKeys(life, institutionId('harbour'), this.folder(name), { machines }, times)
    this.#open.set(name, keys)
    return keys
  }

  async serve(name: Name): Promise<MirroredRecordKeys> {
    const keys = await this.start(name)
    await keys.serve()
    return keys
  }

  /** What it has written stays, and nothing more is. */
  async kill(name: Name): Promise<void> {
    this.lives.get(name)?.die()
    await this.stop(name)
  }

  async stop(name: Name): Promise<void> {
    await this.#open.get(name)?.close()
    this.#open.delete(name)
  }

  /** The names of a machine's keys, and of destructions that nobody has confirmed, as they lie in its folder: it must not run. */
  async lying(name: Name): Promise<{ readonly names: readonly string[]; readonly destructions: readonly string[] }> {
    const table = new KeyTable(systemRuntime, { folder: this.folder(name) })
    try {
      return { names: await table.all(''), destructions: await table.destructions(1_000) }
    } finally {
      await table.close()
    }
  }

  /** Whether eight bytes of a key are anywhere in a machine's files. */
  holds(name: Name, key: Uint8Array): boolean {
    const files = readdirSync(this.folder(name)).map(file => readFileSync(join(this.folder(name), file)))
    return [0, 8, 16, 24].some(from => files.some(file => file.includes(Buffer.from(key.subarray(from, from + 8)))))
  }

  async end(): Promise<void> {
    for (const name of ['a', 'b'] as const) await this.stop(name)
    rmSync(this.#folder, { recursive: true })
  }
}

export const plainRecords = (...records: string[]) =>
  records.map(record => ({ record, context: 'of a test', plain: Buffer.from('12345678') }))

/** Looks again and again, as what a machine does by itself has no answer that a test could wait for. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>, ms = 8_000): Promise<void> {
  const endMs = systemRuntime.monotonicMs() + ms
  while (!(await isSo())) {
    if (systemRuntime.monotonicMs() > endMs) throw new Error(`not within ${ms} ms: ${what}`)
    await systemRuntime.sleep(20)
  }
}

export const inStep = (keys: MirroredRecordKeys) => eventually('both are the same', () => keys.standing().lagMs === 0)
