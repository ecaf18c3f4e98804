import { type JudgeParts, createJudge } from './access/judge.js'
import { type Authenticator, createAuthenticator } from './auth/authenticator.js'
import { lockedOut } from './auth/locked-out.js'
import { createIssuerAuthenticator } from './auth/issuer-tokens.js'
import { createPasswords } from './auth/passwords.js'
import { uniformRefusals } from './auth/uniform-refusals.js'
import type { TokenParts } from './auth/token-service.js'
import type { Backend } from './backend.js'
import type { Config } from './config.js'
import type { AccessJudge } from './core/access.js'
import { ALIASES_PER_KEY } from './core/alias.js'
import { type Clock, monotonic } from './core/clock.js'
import type { CallLimits } from './core/call-limits.js'
import type { LockOut } from './core/lock-out.js'
import type { Stores } from './core/service.js'
import type { ServicePlace } from './service-place.js'
import { createCallLimits } from './limits/call-rates.js'
import { createLockOut } from './limits/lock-out.js'
import { cachedAccessKeys } from './store/cached-access-keys.js'
import { cachedIdentities, cachedPolicies } from './store/cached-identities.js'
import type { CountDatabase } from './store/shared-counts.js'

/** What every call has to pass: limits, proof of who it is from, judgement of what it may do. */
export interface Doors {
  readonly authenticator: Authenticator
  readonly judge: AccessJudge
  readonly limits: CallLimits
  readonly lockOut: LockOut
  readonly tokens: TokenParts
  close(this: void): Promise<void>
}

/** Makes them of what is open. */
export async function openDoors(
  config: Config,
  backend: Backend,
  place: ServicePlace,
): Promise<Doors> {
  const { database, stores, sealing, hsm } = backend
  const clock = Date.now
  const counts = config.limits.shared ? await openCounts(config.databaseUrl) : undefined
  const policies = cachedPolicies(database.policies, monotonic)
  const lockOut = createLockOut(config.limits.lockOut, monotonic, place.siblings)
  const authenticator = createAuthenticator({
    accessKeys: cachedAccessKeys(database.accessKeys, monotonic),
    identities: cachedIdentities(database.identities, monotonic),
    bearerTokens: database.bearerTokens,
    secrets: sealing,
    clock,
    issuerToken:
      config.issuer &&
      createIssuerAuthenticator({ issuer: config.issuer, identities: database.identities, clock }),
  })
  return {
    authenticator: uniformRefusals(lockedOut(authenticator, lockOut)),
    judge: createJudge(judgeParts(stores, { policies }, clock)),
    limits: createCallLimits(config.limits.rates, { shared: counts, leases: place.leases }),
    lockOut,
    tokens: {
      identities: database.identities,
      bearerTokens: database.bearerTokens,
      passwords: createPasswords(),
      random: hsm,
      clock,
    },
    close: () => counts?.close() ?? Promise.resolve(),
  }
}

/** Loaded where it is wanted, as the databases are: a service on SQLite needs no client of PostgreSQL. */
async function openCounts(url: string): Promise<CountDatabase> {
  const { openCountDatabase } = await import('./store/shared-counts.js')
  return openCountDatabase(url)
}

/** What a judge asks, of the stores. */
export function judgeParts(
  { grants, tags, aliases }: Pick<Stores, 'grants' | 'tags' | 'aliases'>,
  { policies }: Pick<JudgeParts, 'policies'>,
  clock: Clock,
): JudgeParts {
  return {
    policies,
    grants,
    tagsOf: ({ id }) => tags.ofKey(id),
    async aliasesOf({ id: keyId, projectId }) {
      const page = { projectId, keyId, after: undefined, limit: ALIASES_PER_KEY }
      return (await aliases.list(page)).aliases
    },
    clock,
  }
}
