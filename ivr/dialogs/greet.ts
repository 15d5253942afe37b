/**
 * The first moments of a call: the welcome, and the question which language to speak, put in both languages because
 * nobody has chosen one yet. A call that is taken up again after a restart goes on in the language it had.
 */
import type { Call } from '../../src/phone/call.ts'
import type { SpokenName } from '../../src/speech/speech.ts'
import { withWayBack } from './way-back.ts'

export async function greet(
  call: Call,
  welcome: 'bank.welcome' | 'merchant.welcome',
  institution: SpokenName,
): Promise<void> {
  if (call.resumed) {
    if (call.resumed.language) await call.speak(call.resumed.language)
    await call.say('restarted')
    if (call.resumed.language) return
  } else {
    await call.speak('en')
    await call.say(welcome, { institution })
    await call.speak('zh')
    await call.say(welcome, { institution })
  }
  await chooseLanguage(call)
}

/** "For English, press 1" in English, the same for Mandarin in Mandarin; from then on only the chosen one is heard. */
export function chooseLanguage(call: Call): Promise<void> {
  return withWayBack(async () => {
    const language = await call.choose('language.choose', {
      phrase: 'language.choose',
      languages: ['en', 'zh'],
      choices: { '1': 'en', '2': 'zh' },
    })
    await call.speak(language)
  })
}
