/// <reference lib="dom" />
/** What holds of every page of a story, whoever tells it: nothing serious for axe-core, nothing that has to be pushed sideways, a picture. */
import { existsSync, mkdirSync } from 'node:fs'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { expectNothingSideways } from './looks.ts'
import { desktop, phone, seriousFindings, writePicture } from './web.ts'

export type Look = (page: Page, name: string) => Promise<void>

/**
 * Tests of a story. `tell` calls `look` on every page of it, by its name. Its pictures lie in `folder` and are drawn where `PICTURES` is
 * `draw`; otherwise that of the page `pictured` has to be there.
 */
export function testEveryPage(
  tell: (options: BrowserContextOptions, look: Look) => Promise<unknown>,
  folder: string,
  language: 'en' | 'zh',
  pictured: string,
): void {
  test.each(['light', 'dark'] as const)('axe-core finds nothing serious, %s', async colorScheme => {
    const found: string[] = []
    await tell({ colorScheme }, async page => void found.push(...(await seriousFindings(page))))
    expect(found).toEqual([])
  })

  test('a screen of 320 px shows every page, also with text twice as large', async () => {
    await tell({ viewport: { width: 320, height: 640 } }, async (page, name) => {
      await expectNothingSideways(page, name)
      await page.evaluate(() => document.documentElement.style.removeProperty('font-size'))
    })
  })

  test.each(Object.entries({ phone, desktop }))('every page is pictured, on a %s', async (screen, size) => {
    const isDrawing = process.env['PICTURES'] === 'draw'
    mkdirSync(folder, { recursive: true })
    if (!isDrawing) return expect(existsSync(`${folder}/${pictured}.${language}.${screen}.png`)).toBe(true)
    await tell(size, async (page, name) =>
      writePicture(`${folder}/${name}.${language}.${screen}.png`, await page.screenshot({ fullPage: true })),
    )
  })
}
