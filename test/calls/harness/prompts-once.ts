/** Before any of the calls the prompts are made, which takes minutes in a new checkout. */
import { execFileSync } from 'node:child_process'

export default function setup(): void {
  execFileSync(process.execPath, ['bin/tonebank.mjs', 'prompts'], { stdio: 'inherit' })
}
