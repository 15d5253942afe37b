/** Fills the configuration templates of `asterisk-conf/`. */

/**
 * Replaces each `{{name}}`. Throws when a value is missing, or holds a character that would begin another setting:
 * Asterisk reads a line break as the next option and an unescaped `;` as a comment.
 */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`configuration template: no value for ${name}`)
    if (/[\r\n;]/.test(String(value)))
      throw new Error(`configuration template: ${name} holds a line break or a semicolon`)
    return String(value)
  })
}
