/**
 * Markup that cannot carry anybody's text as markup: `html` escapes every value but other markup, so that what was typed,
 * configured or translated is shown as it is.
 */

/** Finished markup. Nothing but `html` makes one. */
export class Html {
  readonly #markup: string

  private constructor(markup: string) {
    this.#markup = markup
  }

  /** For `html` alone: `markup` was written by us, or escaped. */
  static of(markup: string): Html {
    return new Html(markup)
  }

  toString(): string {
    return this.#markup
  }
}

/** What may stand in markup. `undefined` and `false` leave nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[]

/** Markup with values in it: html`<p title="${title}">${text}</p>`. Attribute values stand in double quotes. */
export function html(markup: TemplateStringsArray, ...values: readonly Content[]): Html {
  return Html.of(markup.reduce((before, after, i) => before + text(values[i - 1]) + after))
}

function text(value: Content): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(text).join('')
  return escaped(String(value))
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(value: string): string {
  return value.replace(/[&<>"']/g, character => escapes[character] ?? '')
}
