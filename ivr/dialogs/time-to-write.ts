/** A caller who still writes presses no key: the usual pause would take that for silence. */
export const timeToWrite = { firstKeyMs: 25_000 }
