/** Where things lie: what belongs to the checkout, and what belongs to one installation's data folder. */
import { join, resolve } from 'node:path'
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

/** An installation: the books, keys, ports and passwords of one demonstration. */
export function installationAt(folder: string) {
  const data = resolve(folder)
  return {
    data,
    institutions: join(data, 'institutions'),
    institution: (id: string) => join(data, 'institutions', id),
    /** Account numbers, PINs and SIP passwords for the person who tries it; mode 0600. */
    card: join(data, 'card.txt'),
  }
}
