/** The process may be interrupted between two readings; of so many pairs one is hardly torn apart. */
const READINGS = 8

/**
 * What is to be added to `performance.now()`, which counts from the start of a process, to get milliseconds of the clock
 * behind it: that one is the same for all processes of a machine, and is never set.
 */
export const SHARED_CLOCK_MS = readOffset()

function readOffset(): number {
  let best = { width: Infinity, offset: 0 }
  for (let reading = 0; reading < READINGS; reading++) {
    const before = performance.now()
    const shared = Number(process.hrtime.bigint()) / 1e6
    const after = performance.now()
    const width = after - before
    if (width < best.width) best = { width, offset: shared - (before + after) / 2 }
  }
  return best.offset
}
