/** Where the thread that brings books to another schema begins: a thread does not inherit how the program that made it reads TypeScript. */
import { register } from 'tsx/esm/api'

register()
await import('./upgrade-thread.ts')
