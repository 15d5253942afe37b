import { test } from 'vitest'
import { openCardPayee } from '../../support/card-payee.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
test.each(['harbour', 'garden'] as const)('dbg %s', async collectsAt => {
  const runtime = new VirtualRuntime({ seed: 351 })
  const log = (s: string) => process.stderr.write(`${Date.now() % 100000} ${s}\n`)
  await runtime.run(async () => {
    log('start')
    const p = await openCardPayee(runtime, { collectsAt, troubled: e => log(String(e)) })
    log('opened')
    log(JSON.stringify(await p.pay('a'), (_, v) => typeof v === 'bigint' ? String(v) : v))
    log(JSON.stringify(await faultsOf(p.world)))
    await p.world.close()
  })
}, 60000)
