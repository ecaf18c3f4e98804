import { type Environment, whole } from './setting.js'

/** A pair of RSA-4096 takes a slow token longer than any other call; this is more than such tokens take. */
const USUAL_GENERATION_MS = 30_000

/** What calls of the HSM may take, in milliseconds. */
export interface HsmTimeouts {
  /** Deadline of a request, and of one HSM call that is no part of any. */
  readonly hsmTimeoutMs: number
  /** The same for the generation of a pair; no less than that of all others. */
  readonly hsmGenerationTimeoutMs: number
}

/** Reads them. @throws SettingError */
export function loadHsmTimeouts(environment: Environment): HsmTimeouts {
  const hsmTimeoutMs = whole(environment, 'KMS_HSM_TIMEOUT_MS', {
    fallback: 5000,
    min: 100,
    max: 120_000,
  })
  const hsmGenerationTimeoutMs = whole(environment, 'KMS_HSM_GENERATION_TIMEOUT_MS', {
    fallback: Math.max(USUAL_GENERATION_MS, hsmTimeoutMs),
    min: hsmTimeoutMs,
    max: 600_000,
  })
  return { hsmTimeoutMs, hsmGenerationTimeoutMs }
}
