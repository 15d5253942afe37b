/**
 * Going back where there is no menu above to return to: a question that the caller leaves backwards is put again, after
 * whatever comes before it.
 */
import { WentBack } from '../../src/phone/call.ts'

export async function withWayBack<T>(ask: () => Promise<T>, whenBack = async () => {}): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (left) {
      if (!(left instanceof WentBack)) throw left
      await whenBack()
    }
  }
}
