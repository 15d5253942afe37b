/** A small catalogue: an item sold as a whole, one by the minute, one by every ten seconds. */
import type { MerchantSettings } from '../../src/merchant/config.ts'

/** The voice without sound needs 62 ms for an English character, 255 ms for a Chinese one. */
const sentences = (count: number) => ({
  en: Array.from({ length: count }, (_, i) => `Job ${i + 1} is for somebody who likes to build small boats.`).join(' '),
  zh: Array.from({ length: count }, (_, i) => `第${i + 1}个职位适合喜欢造小船的人。`).join(''),
})

export const catalogue = [
  {
    id: 'riddle',
    title: { en: 'The riddle of the day', zh: '每日一谜' },
    text: {
      en: 'What goes up when the rain comes down? An umbrella.',
      zh: '雨点落下来，什么会升上去？是雨伞。',
    },
    perItem: 200n,
  },
  {
    id: 'jobs',
    title: { en: 'Jobs at the harbour', zh: '港口招聘' },
    // A little more than two and a half minutes in English.
    text: sentences(45),
    perMinute: 1_000n,
  },
  {
    id: 'advice',
    title: { en: 'How to write an application', zh: '求职信怎么写' },
    text: sentences(9),
    perMinute: 600n,
    unitSeconds: 10,
  },
] satisfies NonNullable<MerchantSettings['catalogue']>
