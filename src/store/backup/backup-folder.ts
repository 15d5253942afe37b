/**
 * What a backup of one institution looks like, flat and readable:
 *
 *     checkpoints/000000000042.db, .json   the tables as they stood at a record
 *     log/000000000042.log                 the records after it
 *     shipped.json                         how far it is on the disk for certain
 *
 * Keys are no part of it: neither those of the institution nor those of its records.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { fromHex, toHex } from '../../bytes.ts'
import { checkpointsIn } from '../change-log/checkpoint.ts'
import type { Checkpoint } from '../change-log/checkpoint-facts.ts'
import { type LogHead, noHead } from '../change-log/head.ts'
import { replaceFile } from '../replace-file.ts'
import { BackupDamaged } from './log-file.ts'

const shippedFile = z.object({ sequence: z.string().regex(/^\d+$/), hash: z.string().regex(/^[0-9a-f]{64}$/) })

export class BackupFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  make(): void {
    for (const folder of [this.path, this.checkpoints, join(this.path, 'log')])
      mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  get checkpoints(): string {
    return join(this.path, 'checkpoints')
  }

  /** The last checkpoint, from which the log goes on. */
  base(): Checkpoint | undefined {
    return checkpointsIn(this.checkpoints).at(-1)
  }

  /** The records after a checkpoint. */
  logAfter({ head }: Checkpoint): string {
    return join(this.path, 'log', `${head.sequence.toString().padStart(12, '0')}.log`)
  }

  shipped(): LogHead {
    const file = join(this.path, 'shipped.json')
    if (!existsSync(file)) return noHead
    try {
      const { sequence, hash } = shippedFile.parse(JSON.parse(readFileSync(file, 'utf8')))
      return { sequence: BigInt(sequence), hash: fromHex(hash) }
    } catch {
      throw new BackupDamaged(`${file} does not say how far it reaches`)
    }
  }

  noteShipped({ sequence, hash }: LogHead): void {
    const text = JSON.stringify({ sequence: sequence.toString(), hash: toHex(hash) })
    replaceFile(join(this.path, 'shipped.json'), `${text}\n`)
  }
}
