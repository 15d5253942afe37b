/** `npm run shop -- URL CREDENTIALS.json [PORT]`: the sample shop, which checks out at the payee whose pages are at URL. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { systemRuntime } from '../../src/runtime.ts'
import { openShop } from './shop.ts'

const usualPort = 8090
const [payee, file, port = `${usualPort}`] = process.argv.slice(2)
if (payee === undefined || file === undefined) {
  process.stderr.write('npm run shop -- http://lantern.localhost:PORT CREDENTIALS.json [PORT]\n')
  process.exit(2)
}
const credentials = z
  .object({ id: z.string(), key: z.string(), signing: z.string() })
  .parse(JSON.parse(readFileSync(file, 'utf8')))
const shop = await openShop({ runtime: systemRuntime, payee, credentials, port: Number(port) })
process.stdout.write(`The sample shop is at ${shop.url}. Ctrl-C stops it.\n`)
