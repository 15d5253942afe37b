/** Where things lie in the checkout. What belongs to an installation lies below the folder of its file. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

export const places = {
  checkout,
  /** How each outside program is started here; `setup/main.mjs` writes it. */
  tools: join(checkout, '.cache/tools.json'),
  asteriskTemplates: join(checkout, 'asterisk-conf'),
  phrases: join(checkout, 'prompts'),
  recordings: join(checkout, 'prompts/recorded'),
  promptsCache: join(checkout, '.cache/prompts'),
} as const

/** Account numbers, PINs and SIP passwords for the person who tries the demonstration, or runs an installation; mode 0600. */
export const cardIn = (dataFolder: string): string => join(dataFolder, 'card.txt')
