import type { Backend } from '../../backend.js'
import type { Cmk, KeyVersion } from '../../core/cmk.js'
import { DEFAULT_KEYSTORE } from '../../core/keystore.js'
import { type MoveStep, moveStep } from '../../core/move-cmk.js'
import { type SealedSecret, secretsUnderOtherKeys } from '../../core/sealed-secrets.js'
import type { ServiceKey } from '../../core/service-key.js'
import { GONE_AFTER_MS, type ServingProcess } from '../../core/serving-process.js'

/** A CMK with versions on a token that is not the one in use. */
export interface Dependent {
  readonly cmk: Cmk
  readonly step: MoveStep
  /** Numbers of these versions, oldest first. */
  readonly versions: readonly number[]
}

/** What depends on tokens of the default keystore that are not the one in use. */
export interface Survey {
  readonly home: number
  /** Homes whose tokens the operator has not retired, and what is known of each; newest first. */
  readonly homes: readonly KnownHome[]
  /** Processes that serve, of all replicas of this release. */
  readonly processes: readonly ServingProcess[]
  /** How many versions there are on the token in use. */
  readonly versionsHere: number
  /** By id of the CMK. */
  readonly dependents: readonly Dependent[]
  /** Secrets of the service's own that are sealed under a credential key of another token. */
  readonly secrets: readonly SealedSecret[]
}

/** A token that the default keystore has or had. */
export interface KnownHome {
  readonly home: number
  /** Milliseconds since 1970. */
  readonly since: number
  readonly retiredAt: number | undefined
}

/** Looks through the database; the tokens are not asked. */
export async function survey(backend: Backend): Promise<Survey> {
  const { database, home, hsm, sealing } = backend
  const homes = homesOf(await database.serviceKeys.list(DEFAULT_KEYSTORE))
  const retired = new Set(homes.filter(({ retiredAt }) => retiredAt).map((known) => known.home))
  const all = await database.keys.allVersions()
  const elsewhere = (await database.keys.versionsElsewhere(home)).filter(
    (version) => !retired.has(version.home),
  )
  const dependents: Dependent[] = []
  for (const [id, own] of groupedById(elsewhere)) {
    const cmk = await database.keys.findAnywhere(id)
    if (!cmk) continue
    const step = moveStep(cmk, { home, limits: hsm.limits })
    dependents.push({ cmk, step, versions: own.map(({ key }) => key.version) })
  }
  return {
    home,
    homes,
    processes: await database.servingProcesses.list(Date.now() - GONE_AFTER_MS),
    versionsHere: all.filter((one) => one.keystoreId === DEFAULT_KEYSTORE && one.home === home)
      .length,
    dependents,
    secrets: await secretsUnderOtherKeys(sealing, database.sealedSecrets),
  }
}

function homesOf(rows: readonly ServiceKey[]): readonly KnownHome[] {
  const homes = new Map<number, KnownHome>()
  for (const { home, createdAt, retiredAt } of rows) {
    const since = Math.min(createdAt, homes.get(home)?.since ?? Infinity)
    homes.set(home, { home, since, retiredAt })
  }
  return [...homes.values()].sort((a, b) => b.home - a.home)
}

function groupedById(versions: readonly KeyVersion[]): ReadonlyMap<Cmk['id'], KeyVersion[]> {
  const groups = new Map<Cmk['id'], KeyVersion[]>()
  for (const version of versions) {
    const group = groups.get(version.key.keyId)
    if (group) group.push(version)
    else groups.set(version.key.keyId, [version])
  }
  return groups
}
