/**
 * The first moments of a call: the welcome, and the question which language to speak, put in both languages because
 * nobody has chosen one yet. A call that is taken up again after a restart goes on in the language it had, and one from a telephone
 * whose language is known begins in it.
 */
import type { Language } from '../../src/languages.ts'
import type { Call } from '../../src/phone/call.ts'
import type { SpokenName } from '../../src/speech/speech.ts'
import { withWayBack } from './way-back.ts'

export async function greet(
  call: Call,
  welcome: 'bank.welcome' | 'merchant.welcome',
  institution: SpokenName,
  known?: Language,
): Promise<void> {
  if (call.resumed) {
    if (call.resumed.language) await call.speak(call.resumed.language)
    await call.say('restarted')
    if (call.resumed.language) return
  } else if (known !== undefined) {
    await call.speak(known)
    return call.say(welcome, { institution })
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
