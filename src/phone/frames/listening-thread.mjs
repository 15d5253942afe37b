/** Where the thread that listens for frames begins: a thread does not inherit how the program that made it reads TypeScript. */
import { register } from 'tsx/esm/api'

register()
await import('./listening-thread.ts')
