/** Before any of the calls: the prompts, so that several networks that start at once in a new checkout do not all render them. */
import { execFileSync } from 'node:child_process'

export default function setup(): void {
  execFileSync(process.execPath, ['bin/tonebank.mjs', 'prompts'], { stdio: 'inherit' })
}
