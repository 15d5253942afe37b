/** Frames over real calls that are cut short: the caller hangs up, our process dies, its event socket does. Nothing stays open. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectedApplication } from '../../../src/phone/asterisk/connect-application.ts'
import type { FrameReception } from '../../../src/phone/call.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { codesOf, FrameStage, frameOf } from './frame-stage.ts'
import { openProxy } from './proxy.ts'

let stage: FrameStage
let application: ConnectedApplication

beforeAll(async () => {
  stage = await FrameStage.open()
  application = await stage.connect()
})

afterEach(() => stage.clear())

afterAll(() => stage?.close())

/** The edge runs in this process, too, and keeps one for each telephone that calls by UDP: these call by TCP. */
const udpPorts = () => process.getActiveResourcesInfo().filter(name => name === 'UDPWrap').length

describe('hanging up', () => {
  it.each(['sendFrame', 'receiveFrame'] as const)('in the middle of %s leaves nothing open', async verb => {
    const frame = frameOf(8, 200)
    const ports = udpPorts()
    stage.script = async call =>
      void (verb === 'sendFrame' ? await call.sendFrame(frame) : await call.receiveFrame({ withinMs: 20_000 }))
    const phone = await stage.dial({ transport: 'tcp' })
    await stage.untilLinked()
    const playing = verb === 'receiveFrame' ? phone.play(codesOf(frame)) : Promise.resolve()
    await systemRuntime.sleep(700)
    await phone.hangUp()
    await stage.served
    expect(await stage.left()).toEqual([])
    expect(udpPorts()).toBe(ports)
    expect(stage.events.at(-1)).toEqual({ event: 'ended', how: 'caller-left' })
    void playing
  })

  it('while the link opens leaves nothing open', async () => {
    const ports = udpPorts()
    let begin: () => void = () => {}
    const begun = new Promise<void>(resolve => {
      begin = resolve
    })
    stage.script = async call => {
      begin()
      await call.receiveFrame({ withinMs: 20_000 })
    }
    const phone = await stage.dial({ transport: 'tcp' })
    await begun
    await phone.hangUp()
    await stage.served
    expect(await stage.left()).toEqual([])
    expect(udpPorts()).toBe(ports)
  })
})

describe('a process that dies in the middle of a frame', () => {
  it('leaves a link that the next one removes, and no other', async () => {
    let received = 0
    stage.script = async call => {
      received++
      if (call.resumed) await call.say('goodbye')
      else await call.receiveFrame({ withinMs: 20_000 })
    }
    const foreign = 'tonebank-media-harbour-annex-0123456789abcdef0123456789abcdef'
    await stage.ari.request('bridges', 'createWithId', { bridgeId: foreign, type: 'mixing' })
    application.close()
    const proxy = await openProxy(stage.asterisk.switch.ariFor('harbour').url)
    application = await stage.connect({ ...stage.asterisk.switch.ariFor('harbour'), url: proxy.url })
    const phone = await stage.dial()
    await stage.untilLinked()
    // From now on the process can do nothing more: it has died, as far as Asterisk can tell.
    await proxy.close()
    application.close()
    await stage.served
    expect((await stage.left()).length).toBe(4)
    application = await stage.connect()
    await phone.ended
    expect(received).toBe(2)
    expect(((await stage.ari.request('bridges', 'list')) as { id: string }[]).map(({ id }) => id)).toEqual([foreign])
    await stage.ari.request('bridges', 'destroy', { bridgeId: foreign })
  })

  it('is not taken for dead when only its event socket was: the frame goes on', async () => {
    application.close()
    const proxy = await openProxy(stage.asterisk.switch.ariFor('harbour').url)
    application = await stage.connect({ ...stage.asterisk.switch.ariFor('harbour'), url: proxy.url })
    const frame = frameOf(9, 20)
    const received: FrameReception[] = []
    stage.script = stage.receiving(received, 20_000)
    const phone = await stage.dial()
    await stage.untilLinked()
    proxy.freeze()
    await systemRuntime.sleep(4_000)
    await phone.play(codesOf(frame))
    await phone.ended
    expect(received).toMatchObject([{ outcome: 'frame', frame }])
    application.close()
    await proxy.close()
    application = await stage.connect()
  })
})
