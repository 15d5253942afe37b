/// <reference lib="dom" />
/** What every page has to be, in whatever language and on whatever screen somebody looks at it. */
import { existsSync, mkdirSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { desktop, phone, seriousFindings, writePicture } from './web.ts'

const locales = { en: 'en-GB', zh: 'zh-CN' } as const
type Language = keyof typeof locales

/** A page that is one address: `look` opens it as somebody with these options has it, and closes it afterwards. */
export type Look = (options: BrowserContextOptions, see: (page: Page) => Promise<void>) => Promise<void>

/** `shows`: a text by which the page is known to be there. */
export async function lookAt(
  browser: Browser,
  { url, shows }: { readonly url: string; readonly shows: string },
  options: BrowserContextOptions,
  see: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    await page.goto(url)
    await page.getByText(shows).first().waitFor()
    await see(page)
  } finally {
    await context.close()
  }
}

/** By axe-core, in light and in dark. */
export async function expectNothingSerious(look: Look, language: Language): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await look({ locale: locales[language], colorScheme }, async page => {
      expect(await seriousFindings(page)).toEqual([])
    })
  }
}

/** Of a page on a screen of 320 px, also with text twice as large. */
export async function expectNothingSideways(page: Page, name = 'the page'): Promise<void> {
  for (const size of ['100%', '200%']) {
    await page.evaluate(size => {
      document.documentElement.style.fontSize = size
    }, size)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width, `${name} at ${size}`).toBeLessThanOrEqual(320)
  }
}

/** `docs/pages/NAME` has the page in both languages on a desk and on a telephone; PICTURES=draw makes them anew. */
export async function expectPictures(look: Look, name: string): Promise<void> {
  const folder = `docs/pages/${name}`
  const isDrawing = process.env['PICTURES'] === 'draw'
  mkdirSync(folder, { recursive: true })
  for (const language of ['en', 'zh'] as const) {
    for (const [screen, size] of Object.entries({ phone, desktop })) {
      const file = `${folder}/${name}.${language}.${screen}.png`
      if (isDrawing) {
        await look({ locale: locales[language], ...size }, async page =>
          writePicture(file, await page.screenshot({ fullPage: true })),
        )
      } else expect(existsSync(file), file).toBe(true)
    }
  }
}
