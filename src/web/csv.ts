/** A file for a spreadsheet (RFC 4180), with the mark by which spreadsheets know UTF-8. */
export const csvType = 'text/csv; charset=utf-8'

export const csvOf = (rows: readonly (readonly string[])[]): string =>
  `\uFEFF${rows.map(row => `${row.map(cell).join(',')}\r\n`).join('')}`

/** In quotation marks where it must be; what a spreadsheet would take for a formula is text. */
function cell(text: string): string {
  const plain = /^[=@\t\r]|^[+-](?!\d)/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain
}

/** `2026-11-22 10:00:05`, in the zone of that IANA name. */
export const localTime = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at)
