/** A page that asks: shown again where what was sent does not fit, with what is wrong on top of it. */
import { summaryOf, type Trouble } from './fields.ts'
import { type Content, type Html, html } from './html.ts'
import type { Shown } from './page.ts'
import type { Words } from './words.ts'

/** `framed`: what stands round every page of the site. */
export function asked(
  words: Words,
  { title, troubles }: { readonly title: string; readonly troubles: readonly Trouble[] },
  content: Content,
  framed: (content: Html) => Html = unframed => unframed,
): Pick<Shown, 'status' | 'title' | 'body'> {
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    body: framed(html`${summaryOf(words, troubles)}
<h1>${title}</h1>
${content}`),
  }
}
