import type { Clock } from './clock.js'
import { FIRST_HOME } from './home.js'
import { type ProvingHsm, WrongToken, holdsAny, judgeHome, requireOnToken } from './home-proof.js'
import type { Hsm } from './hsm.js'
import { type KeyRef, newKeyId } from './ids.js'
import { DEFAULT_KEYSTORE } from './keystore.js'
import type { BindingKeys } from './seal.js'
import {
  SERVICE_KEY_MATERIAL,
  type ServiceKey,
  type ServiceKeyPurpose,
  type ServiceKeyStore,
  serviceKeyLabel,
} from './service-key.js'
import { sha256 } from './datakey.js'

/** The keys of the service's own, found on the token and proven to be the right ones. */
export interface ServiceKeys {
  /** Which of the tokens of the default keystore it is. */
  readonly home: number
  readonly bindingKeys: BindingKeys
  /** Seals secret access keys. */
  readonly credentialKey: KeyRef
  readonly auditKey: AuditKey
}

/** The pair that signs the audit log: EC P-256. */
export interface AuditKey {
  readonly key: KeyRef
  /** DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). */
  readonly publicKey: Uint8Array
}

const PURPOSES = ['binding', 'credential', 'audit'] as const satisfies readonly ServiceKeyPurpose[]
const FIRST_GENERATION = 1

/** What the service's own keys are looked for with. */
export interface ServiceKeyParts {
  readonly hsm: Hsm
  readonly store: Pick<ServiceKeyStore, 'insert' | 'list'>
  readonly clock: Clock
}

/**
 * Loads the service's own keys, makes those that are missing, and compares their check values with the store.
 *
 * A token that the store knows nothing of becomes the next home where `previous` proves to be the newest one; without
 * that, it is the wrong token.
 *
 * @throws WrongToken when store and token do not belong together
 */
export async function loadServiceKeys(
  parts: ServiceKeyParts & {
    /** Gives the token that was used before; nothing where the settings name none. */
    readonly previous?: (() => Promise<Hsm>) | undefined
  },
): Promise<ServiceKeys> {
  const rows = await parts.store.list(DEFAULT_KEYSTORE)
  const home = await homeFor(parts, rows)
  const place = { ...parts, keystoreId: DEFAULT_KEYSTORE, home }
  return await keysOfHome(parts.hsm, home, await loadKeys(place, PURPOSES))
}

/**
 * The service's own keys on a token that holds them already: none is made.
 *
 * @throws WrongToken when it is the token of no home, or of one that was retired
 */
export async function findServiceKeys({
  hsm,
  store,
}: {
  readonly hsm: Hsm
  readonly store: Pick<ServiceKeyStore, 'list'>
}): Promise<ServiceKeys> {
  const rows = await store.list(DEFAULT_KEYSTORE)
  const judgement = await judgeHome(hsm, rows)
  if (judgement.kind === 'known') return await keysOfHome(hsm, judgement.home, rows)
  throw judgement.error
}

/**
 * The same for the token of another keystore, which holds a binding key of its own.
 *
 * @throws WrongToken when store and token do not belong together
 */
export async function loadBindingKeys(
  parts: ServiceKeyParts & { readonly keystoreId: string },
): Promise<BindingKeys> {
  return bindingKeysOf(await loadKeys({ ...parts, home: FIRST_HOME }, ['binding']))
}

async function homeFor(
  { hsm, previous }: Parameters<typeof loadServiceKeys>[0],
  rows: readonly ServiceKey[],
): Promise<number> {
  if (rows.length === 0) return FIRST_HOME
  const judgement = await judgeHome(hsm, rows)
  if (judgement.kind === 'known') return judgement.home
  if (judgement.kind === 'retired' || !previous) throw judgement.error
  const newest = Math.max(...rows.filter(({ retiredAt }) => !retiredAt).map(({ home }) => home))
  const before = await judgeHome(await previous(), rows)
  if (before.kind !== 'known' || before.home !== newest) {
    throw new WrongToken(
      'The token is new to the database, and the one of KMS_HSM_PREVIOUS is not the newest that the database knows: name that one, so that it is certain which database the new token is for.',
    )
  }
  return Math.max(...rows.map(({ home }) => home)) + 1
}

/**
 * Finds the audit key that the token holds, the newest of them, and compares it with the store. It makes nothing.
 *
 * @throws WrongToken when there is none, or another one than the store names
 */
export async function findAuditKey({
  hsm,
  store,
}: {
  readonly hsm: ProvingHsm
  readonly store: Pick<ServiceKeyStore, 'list'>
}): Promise<AuditKey> {
  const rows = await store.list(DEFAULT_KEYSTORE)
  const audit = rows
    .filter(({ purpose }) => purpose === 'audit')
    .toSorted((a, b) => b.key.version - a.key.version)
  for (const row of audit) {
    if (!(await holdsAny(hsm, [row]))) continue
    await requireOnToken(hsm, row)
    return { key: row.key, publicKey: await hsm.publicKey(row.key) }
  }
  throw new WrongToken(
    audit.length === 0
      ? 'The database names no audit key.'
      : 'The token holds no audit key that the database names.',
  )
}

interface KeyPlace extends ServiceKeyParts {
  readonly keystoreId: string
  readonly home: number
}

/** Every key of the home is proven: those of an older generation sealed what must still open. */
async function loadKeys(
  parts: KeyPlace,
  purposes: readonly ServiceKeyPurpose[],
): Promise<readonly ServiceKey[]> {
  for (const purpose of purposes) {
    const known = await parts.store.list(parts.keystoreId)
    if (known.some((key) => key.purpose === purpose && key.home === parts.home)) continue
    await makeKey(parts, purpose, known)
    // Whoever was first may have made it on another token that is new as well: nothing must be added to its home.
    for (const key of await keysAt(parts)) await requireOnToken(parts.hsm, key)
  }
  const all = await keysAt(parts)
  for (const key of all) await requireOnToken(parts.hsm, key)
  return all
}

async function keysAt({ store, keystoreId, home }: KeyPlace): Promise<readonly ServiceKey[]> {
  return (await store.list(keystoreId)).filter((key) => key.home === home)
}

/** Generated in the HSM first, stored second: a row without material would be an outage, an orphan is harmless. */
async function makeKey(
  parts: KeyPlace,
  purpose: ServiceKeyPurpose,
  known: readonly ServiceKey[],
): Promise<void> {
  const { hsm, store, clock, keystoreId, home } = parts
  // Whoever saw the same rows takes the same number, and the store gives it to one.
  const generations = known.filter((key) => key.purpose === purpose).map(({ key }) => key.version)
  const version = Math.max(FIRST_GENERATION - 1, ...generations) + 1
  const key = { keyId: newKeyId(), version }
  const checkValue = await generate(hsm, purpose, key)
  const createdAt = clock()
  // When the insert throws, the row may be there all the same: then the key must stay.
  const stored = await store.insert({
    keystoreId,
    purpose,
    key,
    home,
    checkValue,
    createdAt,
    retiredAt: undefined,
  })
  // Another replica was first, so this key is nobody's.
  if (!stored) await hsm.destroyKey(key)
}

async function generate(hsm: Hsm, purpose: ServiceKeyPurpose, key: KeyRef): Promise<Uint8Array> {
  const material = SERVICE_KEY_MATERIAL[purpose]
  const label = serviceKeyLabel(purpose, key.version)
  if (material.form === 'secret') return await hsm.generateKey({ key, kind: material.kind, label })
  const { algorithm, use } = material
  return sha256(await hsm.generatePair({ key, algorithm, use, label }))
}

async function keysOfHome(
  hsm: Hsm,
  home: number,
  rows: readonly ServiceKey[],
): Promise<ServiceKeys> {
  const own = rows.filter((key) => key.home === home)
  const { key } = newest(own, 'audit')
  return {
    home,
    bindingKeys: bindingKeysOf(own),
    credentialKey: newest(own, 'credential').key,
    auditKey: { key, publicKey: await hsm.publicKey(key) },
  }
}

function newest(keys: readonly ServiceKey[], purpose: ServiceKeyPurpose): ServiceKey {
  const [first, ...others] = keys.filter((key) => key.purpose === purpose)
  if (!first) throw new WrongToken(`The database names no ${purpose} key.`)
  return others.reduce((best, key) => (key.key.version > best.key.version ? key : best), first)
}

function bindingKeysOf(keys: readonly ServiceKey[]): BindingKeys {
  const byGeneration = new Map(
    keys.filter(({ purpose }) => purpose === 'binding').map(({ key }) => [key.version, key]),
  )
  return {
    current: newest(keys, 'binding').key,
    find: (generation) => byGeneration.get(generation),
  }
}
