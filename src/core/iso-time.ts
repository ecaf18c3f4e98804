const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/**
 * Reads a time as ISO 8601 in whole seconds, UTC: `2026-01-31T08:00:00Z`.
 *
 * Milliseconds since 1970, or nothing for any other text and for a day that no calendar has.
 */
export function parseIsoTime(text: string): number | undefined {
  if (!FORM.test(text)) return undefined
  const time = Date.parse(text)
  // Date.parse takes the 30th of February for the 2nd of March.
  return Number.isNaN(time) || isoTime(time) !== text ? undefined : time
}

/** Writes a time, in milliseconds since 1970, as {@link parseIsoTime} reads it. */
export function isoTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
