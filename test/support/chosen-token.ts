import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Profile, loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { kryopticModule, openKryopticToken } from './kryoptic-token.js'
import { nssModule, openNssToken } from './nss-token.js'
import { openSoftHsmToken, softHsmModule } from './softhsm-token.js'
import type { TestToken } from './test-token.js'

/** A kind of token that the tests can make. */
export interface TokenKind {
  readonly name: string
  /** Library, or undefined where it is not installed. */
  module(this: void): string | undefined
  /** Makes a fresh token, its files in a folder of their own within another. */
  open(this: void, within?: string): Promise<TestToken>
}

/** By the names of their profiles. */
const KINDS: ReadonlyMap<string, TokenKind> = new Map(
  [
    { name: 'softhsm2', module: softHsmModule, open: () => openSoftHsmToken() },
    { name: 'nss-softokn', module: nssModule, open: openNssToken },
    { name: 'kryoptic', module: kryopticModule, open: openKryopticToken },
  ].map((kind) => [kind.name, kind]),
)

const DEFAULT_KIND = 'softhsm2'

/** Whether the run is one on another token than the usual one: KMS_TEST_TOKEN names its profile. */
export const isChosen = (process.env['KMS_TEST_TOKEN'] ?? '') !== ''

/** The token that suites of the service run on. */
export const chosen: TokenKind = kindOf(process.env['KMS_TEST_TOKEN'])

/** The tokens that suites of the port itself run on: the two that are always there, or the chosen one. */
export const underTest: readonly TokenKind[] = isChosen
  ? [chosen]
  : [kindOf('softhsm2'), kindOf('nss-softokn')]

/** Profile of the chosen token: what it can and cannot do. */
export const chosenProfile: Profile = loadProfile(chosen.name)

/** Why suites on the chosen token are skipped, if they are. */
export const noToken: string | undefined = missing(chosen)

const ofDirectories = new Map<string, Promise<Readonly<Record<string, string>>>>()

/**
 * Settings of a service with a data directory, so that it runs on the chosen token; the same ones again for the same
 * directory; the token lies beside it. None where the usual development token is the one.
 */
export function tokenSettings(dataDirectory: string): Promise<Readonly<Record<string, string>>> {
  if (!isChosen || chosen.name === DEFAULT_KIND) return Promise.resolve({})
  const known = ofDirectories.get(dataDirectory)
  if (known) return known
  const made = chosen.open(dirname(dataDirectory)).then(settingsOf)
  ofDirectories.set(dataDirectory, made)
  return made
}

/** The PINs of the token of a service's data directory, which nobody may let out. */
export async function pinsOf(dataDirectory: string): Promise<readonly string[]> {
  const { KMS_PKCS11_URI: uri } = await tokenSettings(dataDirectory)
  const folder =
    uri === undefined ? join(dataDirectory, 'softhsm') : dirname(parseTokenUri(uri).pinFile)
  const files = readdirSync(folder).filter((name) => /^(?:user|so)-pin$/.test(name))
  if (files.length === 0) throw new Error('The token has no PIN file.')
  return files.map((name) => readFileSync(join(folder, name), 'utf8').trim())
}

/** Why suites on a kind of token are skipped, if they are. */
export function missing({ name, module }: TokenKind): string | undefined {
  return module() === undefined ? `${name} is not installed` : undefined
}

/** Settings that name a token. */
export function settingsOf({ uri, profile, environment }: TestToken): Record<string, string> {
  return { ...environment, KMS_PKCS11_URI: uri, KMS_HSM_PROFILE: profile }
}

/** A kind of token by the name of its profile; the usual one where none is named. */
export function kindOf(name: string | undefined): TokenKind {
  const kind = KINDS.get(name === undefined || name === '' ? DEFAULT_KIND : name)
  if (kind) return kind
  throw new Error(`KMS_TEST_TOKEN must be one of ${[...KINDS.keys()].join(', ')}.`)
}
