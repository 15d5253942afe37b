/** What an information line sells, as the payee's file says it: items with a title, a text or recordings, and a price. */
import { z } from 'zod'
import { minorUnits, spokenName } from '../../institution/config.ts'
import type { SpokenName } from '../../languages.ts'
import type { Asset, Money } from '../../money.ts'
import type { SpokenWork } from '../../speech/speech.ts'

const inEachLanguage = z.strictObject({ en: z.string().trim().min(1), zh: z.string().trim().min(1) })

const itemShape = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'an id of small letters, digits and hyphens'),
    title: spokenName,
    /** What the voices read. */
    text: inEachLanguage.optional(),
    /** Sound files that are played instead of the voices, from the installation file's folder. */
    file: inEachLanguage.optional(),
    /** For the whole of it, however much of it is heard. */
    perItem: minorUnits.optional(),
    /** For each minute; what is charged is each unit that has begun to be heard. */
    perMinute: minorUnits.optional(),
    /** How long a unit lasts. */
    unitSeconds: z.int().min(1).max(3_600).default(60),
  })
  .superRefine(({ text, file, perItem, perMinute, unitSeconds }, context) => {
    const complain = (message: string, path: string) => context.addIssue({ code: 'custom', message, path: [path] })
    if (text === undefined && file === undefined) complain('it needs a text to be read, or files to be played', 'text')
    if (perItem === undefined && perMinute === undefined) complain('it needs a price, perItem or perMinute', 'perItem')
    if (perItem !== undefined && perMinute !== undefined) complain('one price: perItem or perMinute', 'perMinute')
    if (perMinute !== undefined && (perMinute * BigInt(unitSeconds)) % 60n !== 0n)
      complain(`${unitSeconds} seconds of it would cost a part of a fen`, 'unitSeconds')
  })

/** In the order in which callers are offered it. */
export const catalogueShape = z
  .array(itemShape)
  .max(50)
  .superRefine((items, context) => {
    const seen = new Set<string>()
    for (const [i, { id }] of items.entries()) {
      if (seen.has(id))
        context.addIssue({ code: 'custom', message: `there is another item ${id} above`, path: [i, 'id'] })
      seen.add(id)
    }
  })

export type ItemSettings = z.output<typeof itemShape>

export interface CatalogueItem {
  readonly id: string
  readonly title: SpokenName
  readonly work: SpokenWork
  /** Of one unit. */
  readonly price: Money
  /** How much sound a unit is, in milliseconds. Undefined: all of it. */
  readonly unitMs: number | undefined
}

export function catalogueOf(items: readonly ItemSettings[], asset: Asset): readonly CatalogueItem[] {
  return items.map(({ id, title, perItem, perMinute, unitSeconds, ...said }) => ({
    id,
    title,
    work: workOf({ title, ...said }),
    price: { asset, minor: perItem ?? ((perMinute ?? 0n) * BigInt(unitSeconds)) / 60n },
    unitMs: perItem === undefined ? unitSeconds * 1_000 : undefined,
  }))
}

/** Where there are only recordings, a console shows the title. */
export function workOf({ title, text = title, file }: Pick<ItemSettings, 'title' | 'text' | 'file'>): SpokenWork {
  return { en: { text: text.en, recording: file?.en }, zh: { text: text.zh, recording: file?.zh } }
}
