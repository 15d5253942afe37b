import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** A build server has two cores, of which vitest would use one. */
const maxWorkers = 2

/** Calls to a whole network. */
const stories = ['test/calls/stories/*.test.ts', 'test/calls/leaks.test.ts', 'test/calls/terminal/greeting.test.ts']

/** How long a page, a phone or a process may need until it shows what was asked for: on a busy machine the second that vitest gives is too short. */
const patient = { poll: { timeout: 15_000 } }

/** Networks of their own for minutes: by day `test/calls/phone` shows as much without. */
const byNight =
  process.env['NIGHT'] === '1'
    ? []
    : ['test/calls/stories/clerk.test.ts', 'test/calls/stories/several-asterisk.test.ts']

/**
 * Phases run one after another (`npm test`): load beside calls tears their audio, so real calls never share the machine with
 * simulations.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      // One process for many files: nothing of ours lives at module level, and reading our modules took longer than the tests of most files.
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          expect: patient,
          testTimeout: 20_000,
          hookTimeout: 20_000,
          isolate: false,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          expect: patient,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          isolate: false,
          maxWorkers,
        },
      },
      // Phones whose packets are timed to the millisecond. Beside four networks they send late, and are no longer what they mean to be.
      {
        test: {
          name: 'calls',
          include: ['test/calls/**/*.test.ts'],
          expect: patient,
          exclude: stories,
          globalSetup: 'test/calls/harness/prompts-once.ts',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers,
        },
      },
      // Callers mostly listen, so that two cores bear five files at a time, each with a network of its own.
      {
        test: {
          name: 'stories',
          include: stories,
          expect: patient,
          exclude: byNight,
          globalSetup: 'test/calls/harness/start-once.ts',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 5,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          expect: patient,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers,
        },
      },
    ],
  },
})
