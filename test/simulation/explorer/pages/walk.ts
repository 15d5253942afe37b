/** Walks through a story once, with one thing that happens at one of its steps, and says what is wrong. */
import { Stage, type WebCode } from './stage.ts'
import type { Happening, Step, Story } from './story.ts'

export interface Path {
  readonly at: number
  readonly what: Happening
}

/** One sentence for each thing that is not right. */
export async function walk(story: Story, path: Path, code: WebCode): Promise<readonly string[]> {
  const stage = new Stage(story.site, code)
  const findings: string[] = []
  await stage.runtime.run(async () => {
    await stage.open(story.hosted)
    try {
      await story.before?.(stage)
      await story.begin(stage)
      await through(stage, story, path, findings)
      const count = await story.count(stage)
      if (count !== 1) findings.push(`at the end it was done ${count} times`)
      if (!stage.browser.text.includes(story.said)) findings.push(`the end says: ${stage.browser.text.slice(0, 200)}`)
      await checkAddresses(stage, story, findings)
      // What is sent and refused is in no book.
      if (!path.what.startsWith('sent ')) findings.push(...(await stage.world.auditedOnce()))
      for (const trouble of stage.troubles) findings.push(`the page failed: ${String(trouble)}`)
    } catch (error) {
      findings.push(`it goes no further: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      await stage.close()
    }
  })
  return findings
}

async function through(stage: Stage, story: Story, { at, what }: Path, findings: string[]): Promise<void> {
  for (const [i, step] of story.steps.entries()) {
    for (const text of step.readsBack ?? []) {
      if (!stage.browser.text.includes(text)) findings.push(`${step.form} does not read back ${text}`)
    }
    if (!story.steps.slice(0, i).some(({ does }) => does) && (await story.count(stage)) !== 0)
      findings.push(`before ${step.form} was sent, it was done`)
    if (i !== at) await send(stage, step)
    else if (await happen(stage, story, step, i, what, findings)) return
  }
}

const send = async (stage: Stage, step: Step) => stage.browser.send(step.form, await step.valid(stage))

/** True when the story was brought to its end in another way. */
async function happen(
  stage: Stage,
  story: Story,
  step: Step,
  i: number,
  what: Happening,
  findings: string[],
): Promise<boolean> {
  const isDone = story.steps.slice(0, i).some(({ does }) => does)
  switch (what) {
    case 'leave':
      stage.browser = stage.anotherBrowser()
      await comeBack(stage, story, isDone)
      return true
    case 'kill before': {
      const sent = new URLSearchParams({ ...stage.browser.hidden(step.form), ...(await step.valid(stage)) })
      const method = stage.browser.methodOf(step.form)
      await stage.die()
      if (method === 'post') await stage.browser.post(step.form, sent)
      else await stage.browser.open(`${step.form}?${sent}`)
      if (!isDone && (await story.count(stage)) !== 0 && story.needsSession)
        findings.push(`${step.form} is done without a session`)
      await comeBack(stage, story, (await story.count(stage)) > 0)
      return true
    }
    case 'kill after': {
      await send(stage, step)
      await stage.die()
      await comeBack(stage, story, isDone || step.does === true)
      return true
    }
    case 'unknown': {
      stage.doubts = 3
      await send(stage, step)
      const isAsked = stage.doubts === 0
      stage.doubts = 0
      if (!isAsked) return false
      // As the page says: look again, and where the form is there still, send it once more.
      const [, again] = /class="primary" href="([^"]*)"/.exec(stage.browser.body) ?? []
      if (!stage.browser.has(step.form) && again !== undefined) await stage.browser.open(again)
      if (stage.browser.has(step.form) && step.form !== '/') await send(stage, step)
      else if (!stage.browser.text.includes(story.said)) await story.again(stage)
      return i === story.steps.length - 1
    }
    case 'twice': {
      const sent = new URLSearchParams({ ...stage.browser.hidden(step.form), ...(await step.valid(stage)) })
      if (stage.browser.methodOf(step.form) === 'get') {
        await send(stage, step)
        return false
      }
      const tabs = [stage.browser.anotherTab(), stage.browser.anotherTab()]
      await Promise.all(tabs.map(tab => tab.post(step.form, sent)))
      const [first, second] = tabs
      if (step.does && first?.url !== second?.url)
        findings.push(`a double click came to ${first?.url} and ${second?.url}`)
      if (first !== undefined) stage.browser = first
      return false
    }
    case 'forged': {
      const { browser } = stage
      const before = await story.count(stage)
      const { token: _, ...fields } = { ...browser.hidden(step.form), ...(await step.valid(stage)) }
      if (browser.methodOf(step.form) === 'post') {
        const forger = browser.anotherTab()
        await forger.post(step.form, new URLSearchParams(fields))
        if (forger.status !== 403) findings.push(`${step.form} takes a form that is not ours`)
        if ((await story.count(stage)) !== before) findings.push(`${step.form} does what a forged form says`)
      }
      // The passkey of the story has signed for it already; a counter that stands still would be a copy's.
      await send(stage, step)
      return false
    }
    default: {
      const [fields, said] = step.invalid?.[what.slice('sent '.length)] ?? []
      if (fields === undefined || said === undefined) throw new Error(`nobody knows how to send ${what}`)
      const sent = await fields(stage)
      await stage.browser.send(step.form, sent)
      if (stage.browser.status !== 422) findings.push(`${step.form}, ${what}: the page answers ${stage.browser.status}`)
      if (!stage.browser.text.includes(said))
        findings.push(`${step.form}, ${what}: it says ${stage.browser.text.slice(0, 200)}`)
      for (const [name, value] of Object.entries(sent)) {
        const isSecret = /pin|secret|next|again|code/.test(name)
        if (isSecret && value.length > 3 && stage.browser.body.includes(value)) findings.push(`${name} is sent back`)
      }
      if (!isDone && (await story.count(stage)) !== 0) findings.push(`${step.form}, ${what}: it was done`)
      await send(stage, step)
      return false
    }
  }
}

/** As somebody would who does not know what became of it: what is done is not done again. */
async function comeBack(stage: Stage, story: Story, isDone: boolean): Promise<void> {
  if (isDone) {
    await story.again(stage)
    return
  }
  await story.begin(stage)
  for (const step of story.steps) {
    // Opened by the form that came late.
    if (step.form === '/' && !stage.browser.has('/')) continue
    await send(stage, step)
  }
}

async function checkAddresses(stage: Stage, story: Story, findings: string[]): Promise<void> {
  for (const secret of await story.secrets(stage)) {
    if (stage.browser.addresses.some(address => address.includes(secret)))
      findings.push('a secret stands in an address')
  }
}
