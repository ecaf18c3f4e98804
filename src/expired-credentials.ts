import type { Database } from './store/database.js'
import type { Log } from './telemetry/log.js'

const HOUR_MS = 60 * 60 * 1000
/** Whoever comes with something that has expired is told so for a day longer. */
const KEPT_MS = 24 * HOUR_MS

/** Removes tokens and temporary access keys that expired a day ago: now, and every hour. */
export function removeExpiredCredentials(
  { bearerTokens, accessKeys }: Pick<Database, 'bearerTokens' | 'accessKeys'>,
  log: Log,
): { close(this: void): Promise<void> } {
  let running = run()
  const timer = setInterval(() => {
    running = run()
  }, HOUR_MS)

  async function run(): Promise<void> {
    const before = Date.now() - KEPT_MS
    try {
      await bearerTokens.removeExpired(before)
      await accessKeys.removeExpired(before)
    } catch (error) {
      log.error({ err: error }, 'expired credentials could not be removed')
    }
  }

  return {
    close() {
      clearInterval(timer)
      return running
    },
  }
}
