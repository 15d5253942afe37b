/**
 * The files of a certificate and its key, as whoever renews certificates writes them. They are looked at again every minute: new
 * connections are shown a new certificate, and those that stand go on as they are. Two weeks before its end people are warned.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'
import { instantOf, type Runtime } from '../runtime.ts'

const lookEveryMs = 60_000
const warnBeforeMs = 14 * 86_400_000

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

export interface WatchParts {
  readonly runtime: Runtime
  /** What is wrong with the files, once. The certificate before stays in use. */
  readonly troubled: (error: unknown) => void
  /** `end`: milliseconds since 1970. Told with every look: whoever is told says it once. */
  readonly certificateEnds?: ((file: string, end: number) => Promise<void>) | undefined
}

const minVersion = 'TLSv1.2' as const

/** @throws Error when the files cannot be read, or the key is another certificate's */
export function readCertificate({ certificate, key }: CertificateFiles): SecureContextOptions & { cert: string } {
  const [cert, privateKey] = [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')]
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(privateKey)))
    throw new Error(`${key} does not hold the key of ${certificate}`)
  return { cert, key: privateKey, minVersion }
}

/** In milliseconds since 1970. */
const endOf = (cert: string): number => instantOf(new X509Certificate(cert).validTo)

interface Shown {
  setSecureContext(options: SecureContextOptions): void
}

/** Looks until `close`. */
export function watchCertificate(
  server: Shown,
  files: CertificateFiles,
  parts: WatchParts,
): { close(): Promise<void> } {
  const { runtime, troubled, certificateEnds } = parts
  const closing = new AbortController()
  let shown = readCertificate(files)
  let complaint = ''
  const look = async () => {
    try {
      const read = readCertificate(files)
      if (read.cert !== shown.cert || read.key !== shown.key) server.setSecureContext(read)
      shown = read
      complaint = ''
    } catch (error) {
      // Whoever renews it writes one file after the other: between the two they do not fit.
      if (String(error) !== complaint) troubled(error)
      complaint = String(error)
    }
    const end = endOf(shown.cert)
    if (end - runtime.wallNow() <= warnBeforeMs) await certificateEnds?.(files.certificate, end)
  }
  const watching = (async () => {
    while (!closing.signal.aborted) {
      await look().catch(troubled)
      await runtime.sleep(lookEveryMs, closing.signal).catch(() => {})
    }
  })()
  return {
    close: async () => {
      closing.abort()
      await watching
    },
  }
}
