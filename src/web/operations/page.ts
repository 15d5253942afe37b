/**
 * The page for whoever looks after an installation: is anything wrong, since when, what to do. It shows how things stand when it is asked
 * for; where scripts run, its sections are renewed as they change.
 */
import { html } from '../html.ts'
import type { PageOf, VisitOf } from '../page.ts'
import type { Site } from '../serve-pages.ts'
import { sectionsOf } from './sections.ts'
import type { Overview } from './shown.ts'

interface OperationsVisit extends VisitOf<never> {
  readonly overview: () => Promise<Overview>
}

const operations: PageOf<OperationsVisit> = {
  path: '/',
  ask: async ({ words, overview }) => {
    const seen = await overview()
    const { wrong, calls, left, network, institutions, alarms } = sectionsOf(words, seen)
    return {
      title: words.say('page.operations.title'),
      isLive: true,
      body: html`<h1>${words.say('page.operations.title')}</h1>
<p class="notice" id="stale" role="status" hidden>${words.say('page.operations.stale')}</p>
<div id="wrong">${wrong}</div>
<h2>${words.say('page.operations.calls')}</h2>
<div id="calls">${calls}</div>
<h2>${words.say('page.operations.left')}</h2>
<div id="left">${left}</div>
<h2>${words.say('page.operations.alarms')}</h2>
<div id="alarms">${alarms}</div>
<h2>${words.say('page.operations.network')}</h2>
<div id="network">${network}</div>
<h2>${words.say('page.operations.institutions')}</h2>
<div id="institutions">${institutions}</div>
<p class="hint" id="live" hidden>${words.say('page.operations.live')}</p>`,
    }
  },
}

/** Times are of the machine's zone: institutions may have several. */
export function operationsSite(overview: () => Promise<Overview>, timeZone: string): Site<never, OperationsVisit> {
  return {
    house: { en: 'Tonebank', zh: 'Tonebank' },
    label: 'page.strip.operations',
    foot: 'page.operations.foot',
    timeZone,
    sessions: { idleMs: 1, longestMs: 1 },
    pages: [operations],
    isOpen: async () => true,
    visitOf: visit => ({ ...visit, overview }),
  }
}
