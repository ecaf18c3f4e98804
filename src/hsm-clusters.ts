import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from 'typebox'
import { agentEnvironment, agentVariables } from './agent-environment.js'
import { type Profile, UnusableProfile, loadProfile } from './hsm/profile.js'
import { type TokenAddress, UnusableUri, parseTokenUri } from './hsm/uri.js'
import { type Environment, SettingError } from './setting.js'

const ClusterFile = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  Type.Object(
    {
      /** RFC 7512 URI of the token. */
      uri: Type.String(),
      /** Name of a profile, or the absolute path of one. */
      profile: Type.Optional(Type.String()),
      agents: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
      /** The only account that may use the cluster; absent: whichever account comes first. */
      domain_id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
      /** Variables of its agents that differ from those of the service. */
      environment: Type.Optional(Type.Record(Type.String(), Type.String())),
    },
    { additionalProperties: false },
  ),
  { additionalProperties: false },
)

type ClusterEntry = Static<typeof ClusterFile>[string]

/** An HSM cluster that keystores may be registered on: where its token is and how its agents are run. */
export interface HsmCluster {
  readonly address: TokenAddress
  readonly profile: Profile
  readonly agents: number
  /** Whole environment of its agents. */
  readonly environment: Readonly<Record<string, string>>
  /** The only account that may use it; nothing: any. */
  readonly domainId: string | undefined
}

/** HSM clusters by the names that tenants call them by. */
export type HsmClusters = ReadonlyMap<string, HsmCluster>

const VARIABLE = 'KMS_HSM_CLUSTERS'
const DEFAULT_PROFILE = 'softhsm2'

/**
 * Reads the file of HSM clusters that the settings name; none where they name none.
 *
 * @throws SettingError
 */
export function loadHsmClusters(environment: Environment): HsmClusters {
  const path = environment[VARIABLE]
  if (path === undefined || path === '') return new Map()
  const file = parse(read(path))
  const clusters = new Map(
    Object.entries(file).map(([name, entry]) => [name, clusterOf(name, entry, environment)]),
  )
  requireDistinct(clusters)
  return clusters
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SettingError(VARIABLE, 'It must be the path of a readable JSON file.', { cause })
  }
}

function parse(text: string): Static<typeof ClusterFile> {
  const file = parseJson(text)
  const ajv = new Ajv2020({ strict: true })
  if (!ajv.validate(ClusterFile, file)) {
    throw new SettingError(
      VARIABLE,
      `The file does not fit the schema of HSM clusters: ${ajv.errorsText(null, { dataVar: 'file' })}.`,
    )
  }
  // The validator above has just judged every member.
  return file as Static<typeof ClusterFile>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SettingError(VARIABLE, 'The file is not valid JSON.', { cause })
  }
}

function clusterOf(name: string, entry: ClusterEntry, environment: Environment): HsmCluster {
  const profile = judged(name, () => loadProfile(entry.profile ?? DEFAULT_PROFILE))
  const { agents = 1, environment: own = {} } = entry
  requireKnown(name, { own, profile })
  const sessions = agents + (profile.recycleAfterCalls > 0 ? 1 : 0)
  if (profile.maxSessions !== 0 && sessions > profile.maxSessions) {
    throw unusable(
      name,
      `So many agents need ${sessions} sessions; tokens of the profile ${profile.name} admit ${profile.maxSessions}.`,
    )
  }
  return {
    address: judged(name, () => parseTokenUri(entry.uri)),
    profile,
    agents,
    environment: { ...agentEnvironment(environment, profile), ...own },
    domainId: entry.domain_id,
  }
}

function judged<Value>(name: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof UnusableProfile || cause instanceof UnusableUri)) throw cause
    throw unusable(name, cause.message, { cause })
  }
}

function requireKnown(
  name: string,
  { own, profile }: { readonly own: Readonly<Record<string, string>>; readonly profile: Profile },
): void {
  const known = agentVariables(profile)
  for (const variable of Object.keys(own)) {
    if (known.includes(variable)) continue
    throw unusable(
      name,
      `Its environment may name ${known.join(', ')} only, as its profile ${profile.name} says.`,
    )
  }
}

/** Two names for one token would be two keystores that are none: what is made in one could be seen in the other. */
function requireDistinct(clusters: HsmClusters): void {
  const seen = new Set<string>()
  for (const [name, { address, environment }] of clusters) {
    const { modulePath, token, serial } = address
    const place = JSON.stringify([modulePath, token, serial, environment])
    if (seen.has(place)) throw unusable(name, 'Its token is that of another HSM cluster.')
    seen.add(place)
  }
}

function unusable(name: string, sentence: string, options?: ErrorOptions): SettingError {
  return new SettingError(VARIABLE, `HSM cluster ${name}: ${sentence}`, options)
}
