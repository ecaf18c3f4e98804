import { isDeepStrictEqual } from 'node:util'
import type { Environment } from './setting.js'
import { SettingError } from './setting.js'
import type { Log } from './telemetry/log.js'
import { type TlsSettings, loadTls } from './tls-settings.js'

const INTERVAL_MS = 10_000

/**
 * Looks every ten seconds, and at SIGHUP, whether the files of the certificates have changed, and gives them to the
 * listener. Those that cannot be used change nothing: a certificate and its key are seldom written at one moment.
 */
export function followTlsFiles(
  environment: Environment,
  known: TlsSettings,
  parts: {
    readonly log: Log
    apply(this: void, tls: TlsSettings): void
    readonly intervalMs?: number
  },
): { close(this: void): Promise<void> } {
  const { log, apply, intervalMs = INTERVAL_MS } = parts
  let current = known
  let complaint: string | undefined

  function look(): void {
    try {
      const found = loadTls(environment)
      complaint = undefined
      if (found === undefined || isDeepStrictEqual(found, current)) return
      apply(found)
      current = found
      log.info({}, 'the certificates of the listener were exchanged')
    } catch (error) {
      if (!(error instanceof SettingError)) throw error
      if (complaint === error.message) return
      complaint = error.message
      log.error({ err: error }, 'new certificates cannot be used; those before stay')
    }
  }

  const timer = setInterval(look, intervalMs)
  timer.unref()
  process.on('SIGHUP', look)
  return {
    close() {
      clearInterval(timer)
      process.off('SIGHUP', look)
      return Promise.resolve()
    },
  }
}
