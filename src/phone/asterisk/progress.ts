/** What a call's channel keeps for the process after us: who the call is, and how far it has come. */
import { z } from 'zod'
import { intentIdShape } from '../../ids.ts'
import type { Progress } from '../line.ts'
import type { Channels } from './channels.ts'

/** Asterisk's own channel ids can recur after a restart; these 128 bits do not. */
export const callVariable = 'TONEBANK_CALL'
const progressVariable = 'TONEBANK_PROGRESS'

const kept = z.object({
  language: z.enum(['en', 'zh']).optional(),
  intent: z.object({ id: intentIdShape, name: z.string(), principal: z.string() }).optional(),
})

export async function writeProgress(channels: Channels, channelId: string, progress: Progress): Promise<void> {
  await channels.setVariable(channelId, progressVariable, JSON.stringify(progress))
}

/** Empty where an earlier process had come to nothing worth keeping, or what it kept cannot be read. */
export async function readProgress(channels: Channels, channelId: string): Promise<Progress> {
  const text = await channels.variable(channelId, progressVariable)
  if (text === undefined) return {}
  try {
    const { language, intent } = kept.parse(JSON.parse(text))
    return { ...(language && { language }), ...(intent && { intent }) }
  } catch {
    return {}
  }
}
