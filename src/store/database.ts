import type { AccessKeyStore } from '../core/access-key.js'
import type { Stores } from '../core/service.js'
import type { AccessPolicyStore } from '../core/access-policy.js'
import type { BearerTokenStore } from '../core/bearer-token.js'
import type { IdentityStore } from '../core/identity.js'
import type { OutlookStore } from '../core/outlook.js'
import type { SealedSecretStore } from '../core/sealed-secrets.js'
import type { ServingProcessStore } from '../core/serving-process.js'
import type { ServiceKeyStore } from '../core/service-key.js'
import { sqlAccessPolicyStore } from './access-policies.js'
import { sqlBearerTokenStore } from './bearer-tokens.js'
import { sqlIdentityStore } from './identities.js'
import { sqlAccessKeyStore } from './access-keys.js'
import { sqlAliasStore } from './aliases.js'
import { callsTo } from './calls.js'
import type { Engine } from './engine.js'
import { guarded } from './failures.js'
import { sqlGrantStore } from './grants.js'
import { sqlImportPairStore } from './import-pairs.js'
import { ACCESS_POINTS, KEY_POLICIES } from './key-space-rows.js'
import { sqlKeySpaceStore } from './key-space.js'
import { sqlKeyStore } from './keys.js'
import { sqlKeystoreStore } from './keystores.js'
import { sqlOutlookStore } from './outlook.js'
import { sqlSealedSecretStore } from './sealed-secrets.js'
import { sqlServingProcessStore } from './serving-processes.js'
import { sqlServiceKeyStore } from './service-keys.js'
import { sqlTagStore } from './tags.js'

/** An open database: the stores in it, and its own life. */
export interface Database extends Stores {
  readonly accessKeys: AccessKeyStore
  readonly identities: IdentityStore
  readonly policies: AccessPolicyStore
  readonly bearerTokens: BearerTokenStore
  readonly serviceKeys: ServiceKeyStore
  readonly sealedSecrets: SealedSecretStore
  readonly servingProcesses: ServingProcessStore
  readonly outlook: OutlookStore
  /**
   * Makes sure that the database answers and takes writes.
   *
   * @throws StoreUnavailable
   */
  ping(): Promise<void>
  /** Lets go of the database once the work under way is done; every later call fails with StoreUnavailable. */
  close(): Promise<void>
}

/**
 * Opens a database, `sqlite:` and an absolute path or `postgres://…`, and migrates it.
 *
 * @throws StoreUnavailable when it cannot be used now; NewerDatabase when it belongs to a newer release; Error when the
 * address is neither of the two
 */
export async function openDatabase(url: string): Promise<Database> {
  const { db, ping } = await guarded(() => openEngine(url))
  const calls = callsTo(db)
  return {
    keys: sqlKeyStore(calls),
    aliases: sqlAliasStore(calls),
    tags: sqlTagStore(calls),
    grants: sqlGrantStore(calls),
    keystores: sqlKeystoreStore(calls),
    importPairs: sqlImportPairStore(calls),
    accessPoints: sqlKeySpaceStore(calls, ACCESS_POINTS),
    keyPolicies: sqlKeySpaceStore(calls, KEY_POLICIES),
    accessKeys: sqlAccessKeyStore(calls),
    identities: sqlIdentityStore(calls),
    policies: sqlAccessPolicyStore(calls),
    bearerTokens: sqlBearerTokenStore(calls),
    serviceKeys: sqlServiceKeyStore(calls),
    sealedSecrets: sqlSealedSecretStore(calls),
    servingProcesses: sqlServingProcessStore(calls),
    outlook: sqlOutlookStore(calls),
    ping: () => calls.run(ping),
    close: () => calls.close(),
  }
}

/** Loads the client of the one kind of database that is asked for. */
async function openEngine(url: string): Promise<Engine> {
  if (url.startsWith('sqlite:/')) {
    const { openSqlite } = await import('./sqlite.js')
    return await openSqlite(url.slice('sqlite:'.length))
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.js')
    return await openPostgres(url)
  }
  throw new TypeError(
    'The database URL must be sqlite: followed by an absolute path, or begin with postgres://.',
  )
}
