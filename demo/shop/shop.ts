/**
 * A sample shop, in one file that a shop can take as its own: it signs an order and sends its customer to the payee's page, or
 * takes number and password itself and asks the API; either way it believes that it was paid when the webhook says so.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Runtime, randomId } from '../../src/runtime.ts'
import { type Html, html } from '../../src/web/html.ts'

/** What `tonebank merchant-keys add … --json` prints. */
export interface Credentials {
  readonly id: string
  readonly key: string
  readonly signing: string
}

export interface ShopOptions {
  readonly runtime: Runtime
  /** Where the payee's pages and API are. */
  readonly payee: string
  readonly credentials: Credentials
  readonly port: number
}

const books = [
  { title: 'A Lantern for the Road', minor: 3_250 },
  { title: 'Tones and Numbers', minor: 1_800 },
  { title: 'The Night Ledger', minor: 4_500 },
] as const

interface Order {
  readonly id: string
  readonly title: string
  readonly minor: number
  paid?: string
}

const orderLifeSeconds = 1_800
/** A notice that is older was played back. */
const toleranceSeconds = 300
const mostBytes = 16_384
const deadlineMs = 15_000

export interface SampleShop {
  readonly url: string
  readonly orders: ReadonlyMap<string, Order>
  close(): Promise<void>
}

export async function openShop({ runtime, payee, credentials, port }: ShopOptions): Promise<SampleShop> {
  const orders = new Map<string, Order>()
  const heard = new Set<string>()
  let url = ''
  const seconds = () => Math.trunc(runtime.wallNow() / 1_000)

  const server = createServer({ requestTimeout: deadlineMs }, (request, response) => {
    serve(request, response).catch(() => answer(response, 500, page('Sorry', html`<p>Something is wrong.</p>`)))
  })
  server.maxConnections = 100
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, orders, close: () => closed(server) }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', url)
    const [, of, id = '', what = ''] = pathname.split('/')
    const order = of === 'orders' ? orders.get(id) : undefined
    if (request.method === 'GET' && pathname === '/') return answer(response, 200, shelves())
    if (request.method === 'POST' && pathname === '/orders') return begin(await fieldsOf(request), response)
    if (request.method === 'POST' && pathname === '/webhook') return hear(request, response)
    if (order === undefined)
      return answer(response, 404, page('Nothing here', html`<p><a href="/">To the shop</a></p>`))
    if (request.method === 'POST' && what === 'pay') return payHere(order, await fieldsOf(request), response)
    return answer(response, 200, orderPage(order))
  }

  function begin(fields: URLSearchParams, response: ServerResponse): void {
    const book = books[Number(fields.get('book'))]
    const order = book && { id: randomId(runtime).slice(0, 8).toUpperCase(), ...book }
    if (order) orders.set(order.id, order)
    goTo(response, order ? `/orders/${order.id}` : '/')
  }

  /** The payee's page reads it back and takes the voucher: the shop sees neither number nor password. */
  function checkout({ id, minor }: Order): string {
    const returnTo = `${url}/orders/${id}`
    const expires = `${seconds() + orderLifeSeconds}`
    const lines = ['tonebank order 1', credentials.id, id, `${minor}`, 'CNY', returnTo, expires]
    const signature = createHmac('sha256', credentials.signing).update(lines.join('\n')).digest('hex')
    const signed = { key: credentials.id, order: id, minor: `${minor}`, currency: 'CNY', returnTo, expires, signature }
    return `${payee}/order?${new URLSearchParams(signed)}`
  }

  /** The order's id is the request's: however often the button is pressed, it is paid once. */
  async function payHere(order: Order, fields: URLSearchParams, response: ServerResponse): Promise<void> {
    const digits = (name: string) => (fields.get(name) ?? '').replace(/\D/g, '')
    const late = new AbortController()
    void runtime.sleep(deadlineMs).then(() => late.abort())
    const paid = await fetch(`${payee}/api/v1/payments`, {
      method: 'POST',
      signal: late.signal,
      headers: {
        authorization: `Bearer ${credentials.key}`,
        'idempotency-key': order.id,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        voucher: { number: digits('number'), password: digits('password') },
        amount: order.minor,
        currency: 'CNY',
        order: order.id,
      }),
    })
    const { title } = (await paid.json()) as { title?: string }
    if (paid.ok) return goTo(response, `/orders/${order.id}`)
    answer(response, 422, orderPage(order, title ?? 'It was not paid.'))
  }

  /** Believes what is signed, lately, and not heard before. */
  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    const [, at = '', mac = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(`${request.headers['tonebank-signature']}`) ?? []
    const made = createHmac('sha256', credentials.signing).update(`${at}.${body}`).digest('hex')
    const isSigned = made.length === mac.length && timingSafeEqual(Buffer.from(made), Buffer.from(mac))
    if (!isSigned || Math.abs(seconds() - Number(at)) > toleranceSeconds) return answer(response, 400, html``)
    const { id, payment } = JSON.parse(body) as {
      id: string
      payment: { order?: string; amount: number; reference: string }
    }
    const order = orders.get(payment.order ?? '')
    if (!heard.has(id) && order?.minor === payment.amount) order.paid = payment.reference
    heard.add(id)
    answer(response, 200, html``)
  }

  function orderPage(order: Order, trouble?: string): Html {
    const { id, title, minor, paid } = order
    const waiting = html`${trouble !== undefined && html`<p role="alert"><strong>${trouble}</strong></p>`}
<p><a href="${checkout(order)}">Pay ${yuan(minor)} with a voucher</a></p>
<details><summary>Or pay here</summary><form method="post" action="/orders/${id}/pay">
<p><label>Voucher number <input name="number" inputmode="numeric" autocomplete="off"></label></p>
<p><label>Password <input name="password" type="password" inputmode="numeric" autocomplete="off"></label></p>
<button>Pay ${yuan(minor)}</button></form></details>`
    return page(
      `Order ${id}`,
      html`<p>${title}, ${yuan(minor)}</p>${paid === undefined ? waiting : html`<p role="status"><strong>Paid</strong>, reference ${paid}. Thank you!</p>`}<p><a href="/">To the shelves</a></p>`,
    )
  }
}

const yuan = (minor: number): string => `¥${Math.trunc(minor / 100)}.${`${minor % 100}`.padStart(2, '0')}`

const shelves = (): Html =>
  page(
    'Lantern Books, the sample shop',
    html`<form method="post" action="/orders">${books.map(
      ({ title, minor }, i) => html`<p><button name="book" value="${i}">${title}, ${yuan(minor)}</button></p>`,
    )}</form>`,
  )

const page = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body><main><h1>${title}</h1>${body}</main></body></html>`

function answer(response: ServerResponse, status: number, body: Html): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  response.end(body.toString())
}

function goTo(response: ServerResponse, location: string): void {
  response.writeHead(303, { location })
  response.end()
}

const fieldsOf = async (request: IncomingMessage) => new URLSearchParams(await textOf(request))

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new Error('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(() => resolve()))
}
