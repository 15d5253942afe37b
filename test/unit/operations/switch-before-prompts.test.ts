/** In a cold start the switch comes before the prompts: an Asterisk in a container of its own waits for its configuration, and prompts take minutes. */
import { expect, test } from 'vitest'
import { demoText } from '../../../demo/institutions.ts'
import { parseInstallation } from '../../../src/operations/installation/file.ts'
import { type Exchange, type Plan, RunningInstallation } from '../../../src/operations/running.ts'
import { systemRuntime } from '../../../src/runtime.ts'

/** Starts as far as `fails` lets it. @returns what was done until then, in its order */
async function startedUntil(fails: 'prompts' | 'reconfigure') {
  const done: [what: string, prompts?: string][] = []
  const step = (what: string, plan?: Plan) => {
    done.push(plan === undefined ? [what] : [what, plan.prompts ?? 'none'])
    if (what === fails) throw new Error(`no ${what}`)
  }
  const running = new RunningInstallation(parseInstallation('/srv/bank/tonebank.yaml', demoText), {
    makePrompts: async () => {
      step('prompts')
      return '/sounds/new'
    },
    openExchange: async plan => {
      step('switch', plan)
      return { asterisks: [] } as unknown as Exchange
    },
    reconfigure: async plan => step('reconfigure', plan),
    freePort: async () => 1,
    customers: [],
    haveScripts: () => step('scripts'),
    watching: { runtime: systemRuntime, program: 'none', say: () => {} },
  })
  await expect(running.start()).rejects.toThrow(`no ${fails}`)
  return done
}

test('the switch is configured and started before prompts are made', async () => {
  expect(await startedUntil('prompts')).toEqual([['scripts'], ['switch', 'none'], ['prompts']])
})

test('and is told of them, and of all else that an Asterisk which ran already has read before, when they are there', async () => {
  expect((await startedUntil('reconfigure')).slice(2)).toEqual([['prompts'], ['reconfigure', '/sounds/new']])
})
