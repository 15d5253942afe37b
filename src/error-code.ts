/** What the system calls an error, such as `ENOENT` or `EADDRINUSE`. Undefined: it is none of the system's. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
