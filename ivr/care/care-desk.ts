/** An institution's care, as its lines see it. */
import type { CareOffice } from '../../src/institution/care.ts'
import type { Talk } from '../../src/phone/call.ts'
import type { CareQueue } from '../../src/phone/care/queue.ts'

export interface CareDesk extends CareOffice {
  readonly queue: Pick<CareQueue, 'join'>
  /** What a clerk hears first, and may have the caller do. */
  readonly clerkMay: Pick<Talk, 'greeting' | 'keys'>
}
