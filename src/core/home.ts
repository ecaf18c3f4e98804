import type { Cmk, KeyVersion } from './cmk.js'
import { KmsError } from './errors.js'

/*
 * The default keystore may move from one token to another, and keys that cannot be copied stay behind. Its tokens are
 * numbered in their order: such a number is a home. A dedicated keystore has one token for ever, which is home 1.
 */

/** Home of the first token, and of every key of a database that never moved. */
export const FIRST_HOME = 1

/** From which version on a CMK is on the token of a home, up to the next residence. */
export interface Residence {
  readonly home: number
  readonly since: number
}

/** Where every version is of a CMK that never moved from a home. */
export function residentOf(home: number): readonly Residence[] {
  return [{ home, since: 1 }]
}

/** The home of a version of a CMK. */
export function homeOf({ homes }: Pick<Cmk, 'homes'>, version: number): number {
  return homes.findLast(({ since }) => since <= version)?.home ?? FIRST_HOME
}

/** The home of the version that encrypts. */
export function currentHome(cmk: Pick<Cmk, 'homes' | 'currentVersion'>): number {
  return homeOf(cmk, cmk.currentVersion)
}

/** The residences of a CMK whose versions from `since` on are made on a home. */
export function movedTo(
  { homes }: Pick<Cmk, 'homes'>,
  { home, since }: Residence,
): readonly Residence[] {
  const before = homes.filter((residence) => residence.since < since)
  return before.at(-1)?.home === home ? before : [...before, { home, since }]
}

/** The residences that follow from versions, of those that are or were in use; `fallback` where there are none. */
export function residencesOf(
  versions: readonly KeyVersion[],
  fallback: readonly Residence[],
): readonly Residence[] {
  const used = versions
    .filter(({ use }) => use === 'in-use')
    .toSorted((a, b) => a.key.version - b.key.version)
  const [first, ...others] = used
  if (!first) return fallback
  return others.reduce(
    (homes, { home, key }) => movedTo({ homes }, { home, since: key.version }),
    residentOf(first.home),
  )
}

/**
 * The token of a home is gone for good: the operator said that it was retired. What was on it is lost, so that a
 * destruction has nothing left to do there.
 */
export class RetiredToken extends KmsError {
  constructor() {
    super(
      'KMS.0340',
      'This version of the key was on an HSM token that was retired: what it protects cannot be opened any more. New data can be protected once the key has a new version.',
    )
  }
}

/** A token that this service could use, but that its settings do not name. */
export function tokenNotNamed(): KmsError {
  return new KmsError(
    'KMS.0340',
    'This version of the key is on an HSM token that was used before and is not connected now. Ask the operator of the service to connect it (KMS_HSM_PREVIOUS).',
  )
}
