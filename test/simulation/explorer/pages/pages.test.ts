/**
 * Every story at the bank's and the payee's page, with everything that can happen at each of its steps: every class of answer, a
 * visitor who leaves, a process that dies before or after, a double click, a form that is not ours. And faults in copies of the
 * pages' code, each of which is found by these rules.
 */
import { describe, expect, test } from 'vitest'
import { bankWeb, payeeWeb } from '../../../../src/web/web.ts'
import { bankStories } from './bank-stories.ts'
import { copyWithFault, faults } from './page-faults.ts'
import { payerStories } from './payer-stories.ts'
import { happeningsAt } from './story.ts'
import { type Path, walk } from './walk.ts'

const stories = [...bankStories, ...payerStories]
const pathsOf = (name: string): Path[] =>
  stories
    .filter(story => story.name === name)
    .flatMap(({ steps }) => steps.flatMap((step, at) => happeningsAt(step).map(what => ({ at, what }))))

test.each(stories.map(story => [story.name, story] as const))(
  '%s',
  async (name, story) => {
    const wrong: string[] = []
    for (const path of pathsOf(name)) {
      const findings = await walk(story, path, { bankWeb, payeeWeb })
      wrong.push(
        ...findings.map(each => `${name}, step ${path.at} (${story.steps[path.at]?.form}), ${path.what}: ${each}`),
      )
    }
    expect(wrong, wrong.join('\n')).toEqual([])
  },
  60_000,
)

describe('a fault in a copy of the pages is found', () => {
  test.each(faults)(
    '$name',
    async fault => {
      const story = stories.find(({ name }) => name === fault.story)
      if (story === undefined) throw new Error(`no story ${fault.story}`)
      const { code, remove } = await copyWithFault(fault)
      try {
        for (const path of pathsOf(fault.story)) {
          if ((await walk(story, path, code)).length > 0) return
        }
      } finally {
        remove()
      }
      throw new Error('nothing was found')
    },
    60_000,
  )
})
