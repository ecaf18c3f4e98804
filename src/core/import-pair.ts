import type { KeyId, KeyRef } from './ids.js'

/** How long an import token can be used, in milliseconds. KMS user guide: 24 hours. */
export const IMPORT_TOKEN_LIFE_MS = 24 * 60 * 60 * 1000

/** What a pair for imports is on the token. */
export const IMPORT_PAIR = { algorithm: 'rsa-2048', use: 'import' } as const

/** The pair on the token under whose public half material for one CMK is wrapped. Times in milliseconds since 1970. */
export interface ImportPair {
  readonly key: KeyRef
  readonly cmkId: KeyId
  /** Home of the token that it is on. */
  readonly home: number
  readonly createdAt: number
  /** The pair is destroyed after this time; the tokens issued for it end no later. */
  readonly expiresAt: number
}

/** Port: where the pairs for imports are kept. */
export interface ImportPairStore {
  insert(pair: ImportPair): Promise<void>
  /** The newest pair of a CMK on the token of a home. */
  newest(cmkId: KeyId, home: number): Promise<ImportPair | undefined>
  find(key: KeyRef): Promise<ImportPair | undefined>
  /** Pairs on the tokens of some homes that expired at or before a time, oldest first. */
  expired(request: {
    readonly now: number
    readonly limit: number
    readonly homes: readonly number[]
  }): Promise<readonly ImportPair[]>
  remove(key: KeyRef): Promise<void>
}

/**
 * How many places there are for material that is unwrapped to be judged: versions 2 and up of the pair's own id. Few, so
 * that whoever destroys the pair can destroy what a crash left in them.
 */
const TRIAL_PLACES = 8

/** The places for trials under a pair. */
export function trialPlaces(pair: KeyRef): readonly KeyRef[] {
  return Array.from({ length: TRIAL_PLACES }, (_, place) => ({
    keyId: pair.keyId,
    version: pair.version + 1 + place,
  }))
}

/** Label of a pair for imports on the token. */
export function importPairLabel(cmkId: KeyId, pair: KeyRef): string {
  return `import/${cmkId}/${pair.keyId}`
}
