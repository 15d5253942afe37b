/**
 * From clips to ARI media lists. The request line may have 4,096 bytes, so a long prompt takes several lists. Clips are named
 * below their folder, which Asterisk is told as the language of the playback: it looks there first. Named with the folder
 * in front, each would be looked for in two other places before.
 */
import type { Clip } from '../../speech/speech.ts'

/** Leaves room for path, channel id and playback id. */
const mostBytes = 3_000

/** As ari-client encodes it, each list stays below 3 kB. */
export function mediaLists(clips: readonly Clip[]): string[] {
  const lists: string[] = []
  let list = ''
  for (const { name } of clips) {
    const uri = `sound:${name}`
    const longer = list === '' ? uri : `${list},${uri}`
    if (encodeURIComponent(longer).length > mostBytes) {
      lists.push(list)
      list = uri
    } else list = longer
  }
  return list === '' ? lists : [...lists, list]
}
