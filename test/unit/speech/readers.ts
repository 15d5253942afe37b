/** Readers of spoken numbers, as a clerk would write them down. They share no code with the grammars that they check. */

const englishUnits: Record<string, bigint> = Object.fromEntries(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
    'eighteen nineteen'
  )
    .split(' ')
    .map((word, value) => [word, BigInt(value)]),
)
const englishTens: Record<string, bigint> = Object.fromEntries(
  'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, BigInt(index * 10 + 20)]),
)
const englishScales: Record<string, bigint> = { thousand: 1000n, million: 1_000_000n, billion: 1_000_000_000n }

export function readEnglishNumber(words: readonly string[]): bigint {
  if (words[0] === 'minus') return -readEnglishNumber(words.slice(1))
  if (words.length === 0) throw new Error('no number')
  let total = 0n
  let group = 0n
  let scaleBefore = 1_000_000_000_000n
  for (const word of words) {
    const small = englishUnits[word] ?? englishTens[word]
    const scale = englishScales[word]
    if (small !== undefined) group += small
    else if (word === 'hundred') group *= 100n
    else if (scale !== undefined && scale < scaleBefore && group > 0n) {
      total += group * scale
      group = 0n
      scaleBefore = scale
    } else throw new Error(`${word} in ${words.join(' ')}`)
  }
  return total + group
}

export function readEnglishAmount(words: readonly string[]): bigint {
  if (words[0] === 'minus') return -readEnglishAmount(words.slice(1))
  const yuanAt = words.indexOf('yuan')
  const yuan = yuanAt < 0 ? 0n : readEnglishNumber(words.slice(0, yuanAt))
  const rest = words.slice(yuanAt + 1)
  if (rest.length === 0) return yuan * 100n
  if (rest.at(-1) !== 'fen' || (yuanAt >= 0 && rest[0] !== 'and')) throw new Error(words.join(' '))
  const fen = readEnglishNumber(rest.slice(yuanAt < 0 ? 0 : 1, -1))
  if (fen > 99n) throw new Error(words.join(' '))
  return yuan * 100n + fen
}

const figures = '零一二三四五六七八九'

/** Character by character: figures are multiplied by the unit that follows, sections by 万 and 亿. */
export function readMandarinNumber(words: readonly string[]): bigint {
  const characters = Array.from(words.join(''))
  if (characters[0] === '负') return -readMandarinNumber([characters.slice(1).join('')])
  let [total, part, figure] = [0n, 0n, undefined as bigint | undefined]
  for (const character of characters) {
    const value = figures.indexOf(character.replace('两', '二'))
    const unit = { 十: 10n, 百: 100n, 千: 1000n }[character]
    const scale = { 万: 10_000n, 亿: 100_000_000n }[character]
    if (value >= 0) {
      // Two figures in a row have a unit missing between them; only 零 stands alone.
      if (figure !== undefined && figure !== 0n) throw new Error(words.join(''))
      figure = BigInt(value)
    } else if (unit) {
      part += (figure ?? 1n) * unit
      figure = undefined
    } else if (scale) {
      total += (part + (figure ?? 0n)) * scale
      part = 0n
      figure = undefined
    } else throw new Error(character)
  }
  return total + part + (figure ?? 0n)
}

export function readMandarinAmount(words: readonly string[]): bigint {
  const text = words.join('')
  if (text.startsWith('负')) return -readMandarinAmount([text.slice(1)])
  const [, yuan, jiao, fen] = /^(?:(.+)元)?(?:(.)角)?(?:零?(.)分)?$/.exec(text) ?? []
  if (yuan === undefined && jiao === undefined && fen === undefined) throw new Error(text)
  const part = (piece: string | undefined) => (piece === undefined ? 0n : readMandarinNumber([piece]))
  return part(yuan) * 100n + part(jiao) * 10n + part(fen)
}
