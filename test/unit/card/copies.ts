/** A copy of the code with one file replaced, and nothing else: what a fault in it would do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { type Edit, edited } from '../../support/edit-once.ts'

export class Copies {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tonebank-copies-'))
  #made = 0

  /** What `entry` exports in a copy in which `file` is edited; without an edit, as it is. */
  async of(entry: string, file: string, edit?: Edit): Promise<unknown> {
    const replaced = resolve(file)
    const plugin = {
      name: 'one file is another',
      setup: ({ onLoad }: Parameters<NonNullable<Parameters<typeof build>[0]['plugins']>[number]['setup']>[0]) => {
        onLoad({ filter: /\.ts$/ }, ({ path }) =>
          edit && path === replaced ? { contents: edited(path, edit), loader: 'ts' } : undefined,
        )
      },
    }
    const built = await build({
      entryPoints: [resolve(entry)],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      write: false,
      plugins: [plugin],
    })
    const copy = join(this.#folder, `${++this.#made}.mjs`)
    writeFileSync(copy, rooted(built.outputFiles[0]?.text ?? ''))
    return import(/* @vite-ignore */ pathToFileURL(copy).href)
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Packages are found from here, as the copy lies elsewhere. */
function rooted(code: string): string {
  return code.replaceAll(/ from "([^".][^"]*)"/g, (_, name) => ` from "${import.meta.resolve(name)}"`)
}

/** An edit that takes a check out: its condition never holds. */
export function never(name: string, find: string): Edit {
  return { name, find, replace: find.replace('if (', 'if (false && ') }
}
