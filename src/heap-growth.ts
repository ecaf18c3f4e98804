import { setFlagsFromString } from 'node:v8'

/**
 * Garbage of the old generation is collected when the heap has grown by this part of what was in use, in percent. V8 alone
 * lets it grow fourfold: measured at 4000 requests a second with slow calls, that held 30 MB more and saved no time. And what
 * is not collected may hold what a caller sent.
 */
const GROWTH_PERCENT = 150

/** Has V8 collect the garbage of this process early. */
export function keepHeapSmall(): void {
  // V8 reads this one at each collection, so it may be set while the process runs.
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
