/** Runs lives of the bank's process, each on its own copy of one demonstration, and reads what they acknowledged. */

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createDemo } from '../../../demo/demo.ts'
import { harbour, lantern } from '../../../demo/institutions.ts'
import { compiledProgram } from '../../../setup/programs.mjs'
import type { AccountNumber } from '../../../src/ids.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { Life, Message } from './messages.ts'

export interface Ended {
  readonly messages: readonly Message[]
  readonly signal: NodeJS.Signals | null
}

export interface Lives {
  readonly account: AccountNumber
  readonly pin: string
  /** A fresh copy of the books, for one caller. */
  copy(): { readonly folder: string; remove(): void }
  live(life: Life): Promise<Ended>
  close(): void
}

/** A hundred times what one takes alone: others may have the machine. */
const longestLifeMs = 150_000

export async function prepareLives(): Promise<Lives> {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-kills-'))
  const original = join(folder, 'original')
  // The cost of hashing is no part of what is shown here, and 500 sign-ins would wait for it.
  const cheap = { hashCost: { memoryKiB: 8, passes: 1 } }
  const few = { banks: [harbour], payees: [lantern], hosts: [], firms: [] }
  const { customers } = await createDemo(original, systemRuntime, { ...cheap, ...few })
  // Compiled, a life begins in a third of a second rather than one.
  const program = await compiledProgram(resolve('.'), 'test/simulation/kills/life.ts')
  let copies = 0
  const customer = customers[1]
  if (customer === undefined) throw new Error('the demonstration has no second customer')
  return {
    account: customer.account,
    pin: customer.pin.reveal(),
    copy: () => {
      const copy = join(folder, `copy-${copies++}`)
      // With the modes of its folders, which Node 24's cpSync leaves out: keys that others may read are refused.
      execFileSync('cp', ['-a', original, copy])
      return { folder: copy, remove: () => rmSync(copy, { recursive: true, force: true }) }
    },
    live: life => run(program, life),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function run(program: string, life: Life): Promise<Ended> {
  const env = { ...process.env, TONEBANK_LIFE: JSON.stringify(life) }
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.on('data', piece => (out += piece))
    child.stderr.on('data', piece => (err += piece))
    child.once('error', fail)
    const overdue = setTimeout(() => {
      child.kill('SIGKILL')
      fail(new Error(`a life did not end; it said last:\n${out.split('\n').slice(-5).join('\n')}\n${err}`))
    }, longestLifeMs)
    child.once('close', (status, signal) => {
      clearTimeout(overdue)
      if (status !== 0 && signal === null) return fail(new Error(`a life ended with status ${status}:\n${err}`))
      const lines = out.split('\n').filter(line => line !== '')
      done({ signal, messages: lines.map(line => JSON.parse(line)) })
    })
  })
}
