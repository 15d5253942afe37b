/** Where the payee's thread begins: a thread does not inherit how the program that made it reads TypeScript. */
import { register } from 'tsx/esm/api'

register()
await import('./payee.ts')
