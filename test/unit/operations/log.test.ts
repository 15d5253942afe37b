/** The log outlives its disk: a process that could not write it would be a call cut off without a word. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openLog } from '../../../src/operations/log.ts'
import { LogFile } from '../../../src/operations/log-file.ts'

const folders: string[] = []
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-log-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')
const lostLine = (lost: number) => `lost ${lost}\n`

describe('the log', () => {
  it('is one JSON object to a line, for its owner’s eyes only', () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'log.ndjson'), '')
    chmodSync(join(folder, 'log.ndjson'), 0o644)
    openLog(folder).info({ step: 'sign-in.pin' })
    const [line = ''] = linesOf(join(folder, 'log.ndjson'))
    expect(JSON.parse(line)).toMatchObject({ level: 30, step: 'sign-in.pin', time: expect.stringContaining('T') })
    expect(statSync(join(folder, 'log.ndjson')).mode & 0o777).toBe(0o600)
  })

  it('goes on in the file that is there', () => {
    const folder = newFolder()
    openLog(folder).info('before')
    openLog(folder).info('after')
    expect(linesOf(join(folder, 'log.ndjson'))).toHaveLength(2)
  })
})

describe('a full disk', () => {
  it('loses lines, none of them by half, and the first line afterwards says how many', () => {
    const folder = newFolder()
    let space = 12
    const append = (file: number, bytes: Uint8Array) => {
      const count = Math.min(space, bytes.length)
      if (count === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      space -= count
      return writeSync(file, bytes, 0, count)
    }
    const log = new LogFile({ folder, lostLine, append })
    for (const line of ['first\n', 'second one\n', 'third\n']) log.write(line)
    expect(linesOf(join(folder, 'log.ndjson'))).toEqual(['first'])
    space = 1_000
    log.write('fourth\n')
    log.write('fifth\n')
    expect(linesOf(join(folder, 'log.ndjson'))).toEqual(['first', 'lost 2', 'fourth', 'fifth'])
  })

  it('that still has room for the count only loses the line after it, and counts that one', () => {
    const folder = newFolder()
    let isFull = true
    let space = Number.POSITIVE_INFINITY
    const append = (file: number, bytes: Uint8Array) => {
      if (isFull || bytes.length > space) throw new Error('full')
      space -= bytes.length
      return writeSync(file, bytes)
    }
    const log = new LogFile({ folder, lostLine, append })
    log.write('one\n')
    isFull = false
    space = 'lost 1\n'.length
    log.write('two\n')
    space = 1_000
    log.write('three\n')
    expect(linesOf(join(folder, 'log.ndjson'))).toEqual(['lost 1', 'lost 1', 'three'])
  })

  it.runIf(existsSync('/dev/full'))('of the kernel’s own ends neither the process nor the log', () => {
    const program = `
      import { openLog } from ${JSON.stringify(new URL('../../../src/operations/log.ts', import.meta.url).href)}
      import { symlinkSync, rmSync } from 'node:fs'
      const folder = process.argv[1]
      symlinkSync('/dev/full', folder + '/log.ndjson')
      const log = openLog(folder)
      for (let i = 0; i < 5; i++) log.info({ i })
      process.stdout.write('alive')`
    const folder = newFolder()
    const argv = ['--import', 'tsx', '--input-type=module', '-e', program, folder]
    expect(execFileSync(process.execPath, argv, { encoding: 'utf8' })).toBe('alive')
  })
})

describe('a log that has grown', () => {
  it('is rotated by size, and the oldest goes', () => {
    const folder = newFolder()
    const log = new LogFile({ folder, lostLine, mostBytes: 10, kept: 2 })
    for (const line of ['aaaaaa\n', 'bbbbbb\n', 'cccccc\n', 'dddddd\n', 'e\n']) log.write(line)
    expect(linesOf(join(folder, 'log.ndjson'))).toEqual(['dddddd', 'e'])
    expect(linesOf(join(folder, 'log.1.ndjson'))).toEqual(['cccccc'])
    expect(linesOf(join(folder, 'log.2.ndjson'))).toEqual(['bbbbbb'])
    expect(existsSync(join(folder, 'log.3.ndjson'))).toBe(false)
    expect(statSync(join(folder, 'log.ndjson')).mode & 0o777).toBe(0o600)
  })

  it('takes a single line that is longer than a file', () => {
    const folder = newFolder()
    const log = new LogFile({ folder, lostLine, mostBytes: 10, kept: 2 })
    log.write('a line that is long\n')
    log.write('short\n')
    expect(linesOf(join(folder, 'log.1.ndjson'))).toEqual(['a line that is long'])
    expect(linesOf(join(folder, 'log.ndjson'))).toEqual(['short'])
  })
})
