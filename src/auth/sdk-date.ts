/** Writes a time in the form of `X-Sdk-Date`, `YYYYMMDDTHHMMSSZ`, in UTC. */
export function formatSdkDate(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** Reads `X-Sdk-Date` into milliseconds since 1970; nothing where it is no such date. */
export function parseSdkDate(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number)
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC carries 30 February over into March, and reads the years 0 to 99 as 1900 to 1999. A part that is too large
  // changes the next larger one, up to the day.
  const date = new Date(milliseconds)
  const carried =
    hour > 23 ||
    minute > 59 ||
    second > 59 ||
    date.getUTCDate() !== day ||
    date.getUTCMonth() !== month - 1 ||
    date.getUTCFullYear() !== year
  return carried ? undefined : milliseconds
}
