/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The telephone on the page to start with: its keys, its lines, its timer, and what a screen reader says of them. */
import { CardPanel } from './card-panel.ts'
import { Sound } from './sound.ts'
import { type CallState, Telephone } from './telephone.ts'

const mostCaptions = 60

const keys = /^[0-9*#]$/

function begin(section: HTMLElement): void {
  const find = <E extends HTMLElement>(name: string, kind: new () => E): E => {
    const found = section.querySelector(`[data-part="${name}"]`)
    if (found instanceof kind) return found
    throw new Error(`the page has no ${name}`)
  }
  const form = find('form', HTMLFormElement)
  const number = find('number', HTMLInputElement)
  const hangUp = find('hang-up', HTMLButtonElement)
  const display = find('display', HTMLElement)
  const state = find('state', HTMLElement)
  const timer = find('timer', HTMLElement)
  const pressed = find('pressed', HTMLElement)
  const captions = find('captions', HTMLElement)
  const loud = find('sound', HTMLButtonElement)
  const microphone = find('microphone', HTMLButtonElement)
  const mute = find('mute', HTMLButtonElement)
  const level = find('level', HTMLMeterElement)

  // Where the page has one, and the browser gives the sound of a call as it is on the line.
  const panel = 'RTCRtpScriptTransform' in window ? section.querySelector('[data-part="card-phone"]') : null
  const addresses = document.querySelector<HTMLElement>('script[data-card-phone]')?.dataset
  const cardPanel = panel instanceof HTMLElement ? new CardPanel(panel, addresses?.['cardPhone'] ?? '') : undefined

  let sound: Sound | undefined
  let telephone: Telephone | undefined
  let beganMs = 0

  const show = (now: CallState) => {
    section.dataset['state'] = now
    state.textContent =
      section.dataset[`say${now.replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase())}`] ?? ''
    const inCall = now === 'calling' || now === 'talking'
    hangUp.hidden = !inCall
    form.hidden = inCall
    microphone.hidden = now !== 'talking'
    if (now === 'calling') {
      pressed.textContent = ''
      captions.textContent = ''
    }
    if (now === 'talking') beganMs = performance.now()
    cardPanel?.became(now === 'talking' ? telephone?.call : undefined)
    if (inCall) {
      if (now === 'calling') timer.textContent = ''
      // Not on a button: whoever ends an entry by Enter, as at a computer, must not hang up by it.
      display.focus({ preventScroll: true })
    } else {
      loud.hidden = true
      mute.hidden = true
      level.hidden = true
    }
  }

  const dial = (to: string) => {
    if (to === '' || telephone?.isInCall) return
    // Not before a click: a browser lets no page make sound by itself.
    sound ??= new Sound()
    telephone ??= new Telephone(sound, cardPanel && addresses?.['framesWorker'], {
      became: show,
      said: ({ language, text }) => {
        const line = document.createElement('p')
        line.lang = language
        line.textContent = text
        captions.append(line)
        while (captions.childElementCount > mostCaptions) captions.firstElementChild?.remove()
        captions.scrollTop = captions.scrollHeight
      },
      soundBlocked: () => {
        loud.hidden = false
      },
    })
    void telephone.dial(to)
  }

  const press = (key: string) => {
    const button = section.querySelector(`[data-key="${key}"]`)
    if (button instanceof HTMLElement) {
      button.classList.add('down')
      setTimeout(() => button.classList.remove('down'), 120)
    }
    if (telephone?.isInCall) {
      telephone.press(key)
      pressed.textContent = `${pressed.textContent}•`.slice(-24)
    } else {
      number.value = `${number.value}${key}`.slice(0, 16)
    }
  }

  form.addEventListener('submit', event => {
    event.preventDefault()
    dial(number.value.replace(/[^0-9*#]/g, ''))
  })
  for (const button of document.querySelectorAll<HTMLElement>('[data-dial]')) {
    button.hidden = false
    button.addEventListener('click', () => {
      number.value = button.dataset['dial'] ?? ''
      section.scrollIntoView({ block: 'start' })
      dial(number.value)
    })
  }
  for (const button of section.querySelectorAll<HTMLElement>('[data-key]'))
    button.addEventListener('click', () => press(button.dataset['key'] ?? ''))
  document.addEventListener('keydown', event => {
    const isTyped = event.target instanceof HTMLInputElement
    if (!keys.test(event.key) || isTyped || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    press(event.key)
  })
  hangUp.addEventListener('click', () => {
    telephone?.hangUp()
    number.focus()
  })
  loud.addEventListener('click', async () => {
    loud.hidden = (await sound?.playAgain()) ?? false
  })
  microphone.addEventListener('click', async () => {
    const has = (await sound?.takeMicrophone()) ?? false
    state.textContent = (has ? section.dataset['sayMicrophone'] : section.dataset['sayNoMicrophone']) ?? ''
    microphone.hidden = has
    mute.hidden = !has
    level.hidden = !has
    mute.setAttribute('aria-pressed', 'false')
  })
  mute.addEventListener('click', () => {
    sound?.mute(!sound.isMuted)
    mute.setAttribute('aria-pressed', `${sound?.isMuted ?? false}`)
  })
  setInterval(() => {
    if (section.dataset['state'] === 'talking') timer.textContent = lasted(performance.now() - beganMs)
  }, 500)
  setInterval(() => {
    if (!level.hidden) level.value = sound?.level ?? 0
  }, 100)
  section.hidden = false
  show('idle')
}

/** `1:05`. */
function lasted(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const section = document.getElementById('telephone')
if (section && 'RTCPeerConnection' in window) begin(section)
