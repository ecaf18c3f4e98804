import { Type } from './packages/typebox.js'
import { type Environment, SettingError } from './setting.js'
import { type SecondToken, TokenEntry, readSettingsFile, tokenOfEntry } from './token-entry.js'

const ClusterFile = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  Type.Object(
    {
      ...TokenEntry,
      /** The only account that may use the cluster; absent: whichever account comes first. */
      domain_id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    },
    { additionalProperties: false },
  ),
  { additionalProperties: false },
)

/** An HSM cluster that keystores may be registered on: where its token is and how its agents are run. */
export interface HsmCluster extends SecondToken {
  /** The only account that may use it; nothing: any. */
  readonly domainId: string | undefined
}

/** HSM clusters by the names that tenants call them by. */
export type HsmClusters = ReadonlyMap<string, HsmCluster>

const VARIABLE = 'KMS_HSM_CLUSTERS'

/**
 * Reads the file of HSM clusters that the settings name; none where they name none.
 *
 * @param processes - how many HTTP processes open each token, with an agent at least
 * @throws SettingError
 */
export function loadHsmClusters(environment: Environment, processes = 1): HsmClusters {
  const path = environment[VARIABLE]
  if (path === undefined || path === '') return new Map()
  const file = readSettingsFile(path, ClusterFile, { variable: VARIABLE, schemaOf: 'HSM clusters' })
  const clusters = new Map(
    Object.entries(file).map(([name, entry]) => [
      name,
      {
        ...tokenOfEntry(entry, { environment, processes, unusable: unusableAs(name) }),
        domainId: entry.domain_id,
      },
    ]),
  )
  requireDistinct(clusters)
  return clusters
}

/** Two names for one token would be two keystores that are none: what is made in one could be seen in the other. */
function requireDistinct(clusters: HsmClusters): void {
  const seen = new Set<string>()
  for (const [name, { address, environment }] of clusters) {
    // NSS softokn is told where its tokens are, and calls them what it is told.
    const { modulePath, token, serial, libraryParameters } = address
    const place = JSON.stringify([modulePath, token, serial, libraryParameters, environment])
    if (seen.has(place)) throw unusableAs(name)('Its token is that of another HSM cluster.')
    seen.add(place)
  }
}

function unusableAs(name: string): (sentence: string, options?: ErrorOptions) => SettingError {
  return (sentence, options) =>
    new SettingError(VARIABLE, `HSM cluster ${name}: ${sentence}`, options)
}
