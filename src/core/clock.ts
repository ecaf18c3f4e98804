/** Port: the time, in milliseconds since 1970-01-01 UTC, or of time that only ever passes where a parameter says so. */
export type Clock = () => number

/** Time that only ever passes, whatever is done to the time of day: for everything that lasts a while. */
export function monotonic(): number {
  return performance.now()
}
