/** What a payee is called in an order that a card signs: one text, as a terminal shows it. */
import { longestNameBytes } from '../../card/order.ts'
import type { SpokenName } from '../../languages.ts'

/**
 * `Lotus Books 荷花书店`: in English and in Mandarin, where both fit into the 60 bytes (UTF-8) that a name may have; else in
 * English, as much as fits.
 */
export function nameOnOrder({ en, zh }: SpokenName): string {
  const [english, mandarin] = [shown(en), shown(zh)]
  const both = english === mandarin ? english : `${english} ${mandarin}`.trim()
  return bytesOf(both) <= longestNameBytes ? both : cut(english === '' ? mandarin : english)
}

/** In the form that an order takes: NFC, one line, nothing that cannot be seen. */
function shown(name: string): string {
  return name
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
}

function cut(name: string): string {
  let kept = ''
  for (const letter of name) {
    if (bytesOf(kept + letter) > longestNameBytes) break
    kept += letter
  }
  return kept.trim()
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length
