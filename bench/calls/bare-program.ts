/**
 * The second reference: the shortest honest application that one would write for such a line, with `ari-client` as its
 * documentation shows it. The same questions, clips and keys, the same Argon2id; no books, no log, no tries, no deadlines.
 */
import { timingSafeEqual } from 'node:crypto'
import { createRequire } from 'node:module'
import { secretCodec } from '../../src/secret.ts'
import { pinDigits } from './bank.ts'
import type { BareOrder } from './bare.ts'
import { hashOf } from './pin-hash.ts'

interface Playback {
  stop(): Promise<void>
}
interface Channel {
  answer(): Promise<void>
  hangup(): Promise<void>
  play(options: { media: string }, playback: Playback): Promise<void>
  on(event: 'ChannelDtmfReceived', listener: (event: { digit: string }) => void): void
}
interface Client {
  Playback(): Playback
  on(event: 'StasisStart', listener: (event: unknown, channel: Channel) => void): void
  start(application: string): Promise<void>
}
const ari: { connect(url: string, user: string, password: string): Promise<Client> } = createRequire(import.meta.url)(
  'ari-client',
)

// Ctrl-C does not reach a session of its own: it goes with whoever started it.
process.once('disconnect', () => process.exit())

process.once('message', async (order: BareOrder) => {
  const client = await ari.connect(order.ari.url, order.ari.user, secretCodec.decode(order.ari.password).reveal())
  client.on('StasisStart', (_event, channel) => void serve(order, client, channel).catch(ignore))
  await client.start(order.application)
  process.once('message', () => process.exit())
  process.send?.('ready')
})

async function serve({ prompts, verifiers }: BareOrder, client: Client, channel: Channel): Promise<void> {
  let playing: Playback | undefined
  let step: 'language' | 'account' | 'pin' | 'menu' = 'language'
  let entry = ''
  let account = ''

  const say = async (prompt: keyof BareOrder['prompts'], next: typeof step) => {
    step = next
    entry = ''
    playing = client.Playback()
    await channel.play({ media: prompts[prompt] }, playing)
  }

  const heard = async (digit: string) => {
    if (entry === '') await playing?.stop().catch(ignore)
    entry += digit
    if (step === 'language') return say('language', 'account')
    if (step === 'menu') return say('menu', 'menu')
    if (step === 'account' && digit === '#') {
      account = entry.slice(0, -1)
      return say('account', 'pin')
    }
    if (step === 'pin' && entry.length === pinDigits) {
      const known = verifiers[account]
      const found = await hashOf(entry, Buffer.from(known?.salt ?? '', 'hex'))
      if (known === undefined || !timingSafeEqual(found, Buffer.from(known.hash, 'hex'))) return channel.hangup()
      return say('pin', 'menu')
    }
  }
  channel.on('ChannelDtmfReceived', ({ digit }) => void heard(digit).catch(ignore))

  await channel.answer()
  await say('greeting', 'language')
}

/** The caller has left. */
function ignore(): void {}
