import type { Profile } from '../profile.js'
import type { ProbeReport } from './probe-token.js'

/** Facts that a probe finds out, by the names of their fields. */
export const PROBED_FACTS = [
  'keyWrap',
  'algorithms',
  'signatureSchemes',
  'imports',
  'ecdh',
  'oaep',
  'unwrapTemplate',
  'keyAttributes',
  'gcm',
  'reportsLocal',
  'enforcesExtractable',
  'inputErrors',
] as const satisfies readonly (keyof Profile)[]

/** What a draft is made of beside the report. */
export interface DraftParts {
  readonly name: string
  readonly modulePath: string
  /** Names of the variables that the library was given. */
  readonly environment: readonly string[]
  /** Profile that the probe began with: it gave what no throw-away object shows. */
  readonly from: Profile
}

/**
 * A profile of what a probe found. It is a draft: whoever uses it reads it, and runs the compliance run, before it is one
 * of production.
 */
export function draftProfile(
  { token, profile, remarks }: ProbeReport,
  { name, modulePath, environment, from }: DraftParts,
): Profile {
  const { manufacturer, model, firmware, library } = token.identity
  const { pin, contentionErrors, reportsImportHistory } = from
  const facts = Object.fromEntries(PROBED_FACTS.map((fact) => [fact, profile[fact]])) as Pick<
    Profile,
    (typeof PROBED_FACTS)[number]
  >
  const stated = token.maxSessions > 0
  return {
    name,
    about: `Draft of kmsctl hsm probe for ${manufacturer} ${model}, firmware ${firmware}.`,
    sources: [
      `${PROBED_FACTS.join(', ')}: measured by kmsctl hsm probe with ${library}, firmware ${firmware}`,
      `maxSessions: ${stated ? 'stated by CK_TOKEN_INFO' : `CK_TOKEN_INFO states none; as in profile ${from.name}`}`,
      `newKeyVisibleAfterMs, recycleAfterCalls, sessionsPerAgent: not measured; as in profile ${from.name}`,
      ...(pin ? [`pin: as in profile ${from.name}`] : []),
      ...(contentionErrors ? [`contentionErrors: as in profile ${from.name}`] : []),
      ...(reportsImportHistory === undefined
        ? []
        : [`reportsImportHistory: as in profile ${from.name}`]),
      ...remarks,
    ],
    production: false,
    ...(profile.unsuitable !== undefined && { unsuitable: profile.unsuitable }),
    modulePaths: [modulePath],
    ...(pin && { pin }),
    environment: [...environment],
    ...facts,
    ...(contentionErrors && { contentionErrors }),
    ...(reportsImportHistory !== undefined && { reportsImportHistory }),
    ...(from.vendorNumbers && { vendorNumbers: from.vendorNumbers }),
    newKeyVisibleAfterMs: from.newKeyVisibleAfterMs,
    recycleAfterCalls: from.recycleAfterCalls,
    maxSessions: stated ? token.maxSessions : from.maxSessions,
    sessionsPerAgent: from.sessionsPerAgent,
  }
}
