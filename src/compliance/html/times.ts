/** A time as a report shows it: `2026-01-02 03:04:05 UTC`. `time`: milliseconds since 1970. */
export function shownTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' ')} UTC`
}
