/** What an institution's process is told while it starts, or stands by, it hears once it serves. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('./told-early.ts', import.meta.url))

async function told(...early: readonly string[]): Promise<readonly unknown[]> {
  const child = fork(program, { execArgv: ['--import', 'tsx'] })
  const said: unknown[] = []
  try {
    child.on('message', message => said.push(message))
    await once(child, 'message')
    for (const message of [...early, 'serve']) child.send(message)
    while (!said.includes('serving') && !said.includes('leaving')) await once(child, 'message')
    if (!early.includes('stop')) child.send('stop')
    await once(child, 'exit')
    return said.slice(1)
  } finally {
    child.kill('SIGKILL')
  }
}

test('to drain', async () => {
  expect(await told('drain')).toEqual(expect.arrayContaining(['serving', 'heard drain', 'quiet', 'heard stop']))
})

test('to drain and end', async () => {
  expect(await told('end')).toEqual(expect.arrayContaining(['serving', 'heard end', 'heard stop']))
})

test('to stop, which also ends its waiting', async () => {
  expect(await told('stop')).toEqual(['leaving', 'heard stop'])
})
