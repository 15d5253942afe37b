/** How to start the programs that make prompts: from `.cache/tools.json`, which setup writes, else from PATH. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

const toolSchema = z.object({
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  /** One executable that does the same, for libraries that take a single path. */
  path: z.string().optional(),
})

export type Tool = z.infer<typeof toolSchema>

const names = ['espeak-ng', 'flite', 'ffmpeg'] as const

export type Tools = Readonly<Record<(typeof names)[number], Tool>>

/** Reads `toolsFile` if it is there; a program that it does not name is looked for on PATH when it is first started. */
export function loadTools(toolsFile: string): Tools {
  const known: unknown = existsSync(toolsFile) ? JSON.parse(readFileSync(toolsFile, 'utf8')) : {}
  const told = z.record(z.string(), z.unknown()).parse(known)
  const tool = (name: string): Tool => {
    const found = toolSchema.safeParse(told[name])
    return found.success ? found.data : { command: name, args: [], env: {} }
  }
  return { 'espeak-ng': tool('espeak-ng'), flite: tool('flite'), ffmpeg: tool('ffmpeg') }
}

/** Far beyond what the longest phrase takes (60 ms): a program that hangs must not hang the build. */
const programTimeoutMs = 30_000

/**
 * Runs a tool with `input` on its standard input, never through a shell, and returns its standard output. Rejects when it
 * cannot be started, ends with a status that is not in `good`, or takes too long.
 */
export function run(
  tool: Tool,
  args: readonly string[],
  input: string,
  good: readonly number[] = [0],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool.command, [...tool.args, ...args], {
      env: { ...process.env, ...tool.env },
      timeout: programTimeoutMs,
      killSignal: 'SIGKILL',
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', chunk => out.push(chunk))
    child.stderr.on('data', chunk => err.push(chunk))
    // A program that ends before it has read everything is told by its exit status, not by EPIPE.
    child.stdin.on('error', () => {})
    child.once('error', cause => reject(new Error(`${tool.command} cannot be started: ${cause.message}`)))
    child.once('close', (status, signal) => {
      if (status !== null && good.includes(status)) return resolve(Buffer.concat(out).toString('utf8'))
      reject(new Error(`${tool.command} ended with ${status ?? signal}: ${Buffer.concat(err).toString('utf8').trim()}`))
    })
    child.stdin.end(input)
  })
}
