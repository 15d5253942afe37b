/** Where the thread that writes the log back begins: a thread does not inherit how the program that made it reads TypeScript. */
import { register } from 'tsx/esm/api'

register()
await import('./write-back-thread.ts')
