/** The switch brings up a real Asterisk: fast, ours, beside others, and with a clear word when it cannot. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readTools } from '../../setup/tools.mjs'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { AriAccount } from '../../src/switch/contract.ts'
import { ManagerClient, ManagerRefused } from '../../src/switch/manager-client.ts'
import { PortBusy } from '../../src/switch/ports.ts'
import { SwitchFailed } from '../../src/switch/switch-failed.ts'
import { root, startAsterisk, type TestAsterisk } from './harness/asterisk.ts'

const running: TestAsterisk[] = []

async function start(options: Parameters<typeof startAsterisk>[0] = {}): Promise<TestAsterisk> {
  const asterisk = await startAsterisk(options)
  running.push(asterisk)
  return asterisk
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(asterisk => asterisk.stop()))
})

const ping = ({ url, user, password }: AriAccount, given = password) =>
  fetch(`${url}/ari/asterisk/ping`, {
    headers: { authorization: `Basic ${Buffer.from(`${user}:${given.reveal()}`).toString('base64')}` },
  }).then(response => response.status)

test('boots within five seconds, and ARI answers each institution by its own password', async () => {
  const startedAtMs = performance.now()
  const asterisk = await start()
  const tookMs = performance.now() - startedAtMs
  expect(tookMs).toBeLessThan(5_000)

  const [harbour, lantern] = [asterisk.switch.ariFor('harbour'), asterisk.switch.ariFor('lantern')]
  expect(await ping(harbour)).toBe(200)
  expect(await ping(lantern)).toBe(200)
  expect(harbour.password.reveal()).not.toBe(lantern.password.reveal())
  expect(await ping(harbour, lantern.password)).toBe(401)
})

test('a healthy start gives no reason for a warning or an error', async () => {
  const templatesFolder = mkdtempSync(join(tmpdir(), 'tonebank-templates-'))
  cpSync(join(root, 'asterisk-conf'), templatesFolder, { recursive: true })
  const loggerConf = join(templatesFolder, 'templates/logger.conf')
  writeFileSync(loggerConf, readFileSync(loggerConf, 'utf8').replace('=> error', '=> notice,warning,error'))

  const asterisk = await start({ templatesFolder })
  const log = readFileSync(asterisk.switch.logFile, 'utf8')
  expect(log).toContain('NOTICE')
  expect(log.split('\n').filter(line => /WARNING|ERROR/.test(line))).toEqual([])
  rmSync(templatesFolder, { recursive: true })
})

test('every file with a password is readable by its owner only', async () => {
  const asterisk = await start()
  for (const file of ['installation.json', 'conf/pjsip.conf', 'conf/ari.conf', 'conf/manager.conf']) {
    expect(statSync(join(asterisk.dataFolder, 'switch', file)).mode & 0o777, file).toBe(0o600)
  }
})

test('a port that another program takes while Asterisk boots is replaced', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tonebank-taken-'))
  const tools = readTools(root)
  const other = createServer((_, response) => void response.writeHead(401).end())
  const takeOnce = () => {
    if (other.listening) return
    const { ports } = JSON.parse(readFileSync(join(dataFolder, 'switch/installation.json'), 'utf8'))
    other.listen(ports.ari, '127.0.0.1')
  }
  const { switch: started, log } = await start({
    dataFolder,
    tools: {
      ...tools,
      // Asked for just before Asterisk is started: its ports have been chosen by then.
      get asterisk() {
        takeOnce()
        return tools.asterisk
      },
    },
  })
  expect(await ping(started.ariFor('harbour'))).toBe(200)
  expect(log.join('\n')).toMatch(/^ARI: port \d+ is in use by another program; using \d+ from now on$/m)
  other.close()
  rmSync(dataFolder, { recursive: true, force: true })
})

test('two installations run side by side, and a second start keeps ports and passwords', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tonebank-kept-'))
  try {
    const first = await start({ dataFolder })
    const second = await start()
    expect(second.switch.sip.port).not.toBe(first.switch.sip.port)
    expect(await ping(first.switch.ariFor('harbour'))).toBe(200)
    expect(await ping(second.switch.ariFor('harbour'))).toBe(200)
    expect(await ping({ ...second.switch.ariFor('harbour'), url: first.switch.ariFor('harbour').url })).toBe(401)

    const before = { sip: first.switch.sip, password: first.account('desk1').password.reveal() }
    await running.splice(running.indexOf(first), 1)[0]?.stop()
    const again = await start({ dataFolder })
    expect({ sip: again.switch.sip, password: again.account('desk1').password.reveal() }).toEqual(before)
  } finally {
    await Promise.all(running.splice(0).map(asterisk => asterisk.stop()))
    rmSync(dataFolder, { recursive: true, force: true })
  }
})

test('a busy port that the operator chose is named; one that we chose is replaced, and said', async () => {
  const first = await start()
  const { port } = first.switch.sip
  await expect(start({ ports: { sip: port } })).rejects.toThrow(PortBusy)
  await expect(start({ ports: { sip: port } })).rejects.toThrow(`SIP: UDP port ${port} on 127.0.0.1 is in use`)

  const dataFolder = mkdtempSync(join(tmpdir(), 'tonebank-kept-'))
  const squatter = createSocket('udp4')
  try {
    const asterisk = await start({ dataFolder })
    const kept = asterisk.switch.sip.port
    await running.splice(running.indexOf(asterisk), 1)[0]?.stop()
    await new Promise<void>(resolve => squatter.bind(kept, '127.0.0.1', resolve))
    const moved = await start({ dataFolder })
    expect(moved.switch.sip.port).not.toBe(kept)
    expect(moved.log.join('\n')).toContain(
      `SIP: port ${kept} is in use by another program; using ${moved.switch.sip.port}`,
    )
  } finally {
    squatter.close()
    await Promise.all(running.splice(0).map(asterisk => asterisk.stop()))
    rmSync(dataFolder, { recursive: true, force: true })
  }
})

test('a configuration that Asterisk cannot run is a clear error', async () => {
  const tools = { ...readTools(root), asteriskModules: '/nonexistent' }
  await expect(start({ tools })).rejects.toThrow(SwitchFailed)
  await expect(start({ tools })).rejects.toThrow(
    /did not start: ended with status \d[\s\S]*res_sorcery_config\.so: cannot open/,
  )
})

test('an Asterisk that is killed is back by itself, and the switch says so', async () => {
  const asterisk = await start()
  const pid = asterisk.switch.pid
  if (pid === undefined) throw new Error('no process')
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => asterisk.log.join('\n'), { timeout: 10_000 }).toContain('Asterisk is back')
  expect(asterisk.log.join('\n')).toContain('Asterisk ended by SIGKILL; starting it again in 200 ms')
  expect(asterisk.switch.pid).not.toBe(pid)
  expect(await ping(asterisk.switch.ariFor('harbour'))).toBe(200)
})

test('when the program that started it is killed outright, Asterisk goes too', async () => {
  const script = `
    import { startAsterisk } from ${JSON.stringify(join(root, 'test/calls/harness/asterisk.ts'))}
    const asterisk = await startAsterisk()
    console.log(JSON.stringify([asterisk.switch.pid, asterisk.dataFolder]))
    process.stdin.resume()`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [pid, dataFolder] = await new Promise<[number, string]>(resolve =>
    child.stdout.once('data', text => resolve(JSON.parse(String(text)))),
  )
  try {
    expect(isAlive(pid)).toBe(true)
    child.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  } finally {
    rmSync(dataFolder, { recursive: true, force: true })
  }
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('the manager interface refuses a wrong password, a line break, and what the account may not do', async () => {
  const asterisk = await start()
  const { managerPassword, ports } = JSON.parse(
    readFileSync(join(asterisk.dataFolder, 'switch/installation.json'), 'utf8'),
  )
  const address = { host: '127.0.0.1', port: ports.manager, user: 'switch' }
  const wrong = ManagerClient.open({ ...address, password: new Secret('wrong') }, systemRuntime)
  await expect(wrong).rejects.toThrow(ManagerRefused)

  const client = await ManagerClient.open({ ...address, password: new Secret(managerPassword) }, systemRuntime)
  await expect(client.action('Ping')).resolves.toMatchObject({ ping: 'Pong' })
  await expect(client.action('Setvar', { variable: 'A', value: '1\r\n\r\nAction: Logoff' })).rejects.toThrow(TypeError)
  await expect(client.action('Command', { command: 'core show channels' })).rejects.toThrow(ManagerRefused)
  await asterisk.switch.stop()
  await expect(client.action('Ping')).rejects.toThrow('connection was lost')
})
