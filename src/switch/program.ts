/** An outside program, as setup's `.cache/tools.json` tells how to start it: perhaps through a loader of its own. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}
