/** Reads what is said in this page's call, as server-sent events: by a request with a body, as a token has no place in an address. */

export interface Caption {
  readonly language: string
  readonly text: string
}

/** Until the call has ended. A call goes on without them. */
export async function readCaptions(token: string, show: (caption: Caption) => void): Promise<void> {
  try {
    const response = await fetch('/telephone/captions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    if (!response.ok || response.body === null) return
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let begun = ''
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const events = (begun + piece.value).split('\n\n')
      begun = events.pop() ?? ''
      for (const event of events) {
        const caption: unknown = event.startsWith('data: ') ? JSON.parse(event.slice(6)) : undefined
        if (isCaption(caption)) show(caption)
      }
    }
  } catch {
    // The server is gone, and with it the call.
  }
}

const isCaption = (value: unknown): value is Caption =>
  typeof value === 'object' &&
  value !== null &&
  'language' in value &&
  typeof value.language === 'string' &&
  'text' in value &&
  typeof value.text === 'string'
