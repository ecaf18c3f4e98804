import { setTimeout as wait } from 'node:timers/promises'
import { type OpenedParts, openForInspection } from '../backend.js'
import type { Mode } from '../compliance/check.js'
import type { VectorFile } from '../compliance/known-answers/vector-case.js'
import { type ComplianceReport, runCompliance } from '../compliance/report.js'
import type { Config } from '../config.js'
import { NO_HSM_OBSERVER } from '../core/hsm-observer.js'
import { type SurroundingsWish, surroundingsOf } from './surroundings-of.js'

/** Thousands of attributes may be read in one call, for which nobody but this run waits. */
const LEAST_TIMEOUT_MS = 120_000
/** A difference between token and database is looked at again after so long at least. */
const LEAST_PAUSE_MS = 250

/** What an assessor may choose. */
export interface AssessmentWish extends SurroundingsWish {
  readonly mode: Mode
  readonly vectorFiles: readonly VectorFile[] | undefined
  /** Told what is being looked at; nothing: all is seen. */
  readonly progress: (step: string | undefined) => void
}

/**
 * Runs every check on the token and the database of a configuration, with one agent of its own, and hands the report on
 * while both are open.
 *
 * @throws Error when the run cannot be completed: then there is no verdict
 */
export async function runAssessment<Result>(
  config: Config,
  wish: AssessmentWish,
  use: (report: ComplianceReport, parts: OpenedParts) => Promise<Result>,
): Promise<Result> {
  const { profile } = config
  const alone = {
    ...config,
    agents: 1,
    sessionsPerAgent: 1,
    hsmTimeoutMs: Math.max(config.hsmTimeoutMs, LEAST_TIMEOUT_MS),
    hsmGenerationTimeoutMs: Math.max(config.hsmGenerationTimeoutMs, LEAST_TIMEOUT_MS),
  }
  const parts = await openForInspection(alone, NO_HSM_OBSERVER)
  const pauseMs = Math.max(LEAST_PAUSE_MS, profile.newKeyVisibleAfterMs)
  try {
    const report = await runCompliance(
      {
        hsm: parts.hsm,
        records: parts.database,
        facts: {
          reportsLocal: profile.reportsLocal,
          hasGcm: profile.gcm !== 'none',
          importPairsDecrypt: profile.oaep.standIns.length > 0,
          production: profile.production,
        },
        mode: wish.mode,
        pause: () => wait(pauseMs),
        vectorFiles: wish.vectorFiles,
        surroundings: surroundingsOf(config, parts, wish),
        progress: wish.progress,
      },
      Date.now,
    )
    wish.progress(undefined)
    return await use(report, parts)
  } finally {
    await parts.close()
  }
}
