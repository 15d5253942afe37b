/** The languages of the house, and proper names in each of them. */

export const languages = ['en', 'zh'] as const

/** English or Mandarin. */
export type Language = (typeof languages)[number]

/** Whether one sees all that is there: composed letters (NFC), no control, direction or zero-width character. */
export const isPlainText = (text: string): boolean => text === text.normalize('NFC') && !/[\p{Cc}\p{Cf}]/u.test(text)

/** A proper name as each language says it: a payee, a customer, an institution. It is rendered as a clip of its own. */
export type SpokenName = Readonly<Record<Language, string>>
