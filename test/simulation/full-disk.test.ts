/**
 * A disk that is full to the last byte while somebody buys: the caller is told kindly, the process lives on, and once there
 * is space again the same caller hears what became of it. It takes a disk of its own, which only root can mount.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tries('unshare', ['--mount', 'true'])

it.runIf(canMount)('costs neither the call nor the process, and the interrupted buyer hears what happened', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-full-'))
  try {
    const script =
      'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" --import tsx test/simulation/full-disk-child.ts "$1"'
    const args = ['--mount', 'sh', '-c', script, 'sh', folder, process.execPath]
    const { first, firstEnded, second, lost } = JSON.parse(execFileSync('unshare', args, { encoding: 'utf8' }))
    expect(first.at(-1)).toBe('no-answer-yet')
    expect(firstEnded).toBe('said-goodbye')
    expect(second).toEqual(['resumed.not-done', 'buy.sold'])
    expect(lost).toHaveLength(1)
    expect(lost[0]).toBeGreaterThan(3)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function tries(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
