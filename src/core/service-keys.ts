import { timingSafeEqual } from 'node:crypto'
import type { Clock } from './clock.js'
import { type Hsm, HsmError } from './hsm.js'
import { type KeyRef, newKeyId } from './ids.js'
import { DEFAULT_KEYSTORE } from './keystore.js'
import type { BindingKeys } from './seal.js'
import {
  SERVICE_KEY_KINDS,
  type ServiceKey,
  type ServiceKeyPurpose,
  type ServiceKeyStore,
  serviceKeyLabel,
} from './service-key.js'

/** The keys of the service's own, found on the token and proven to be the right ones. */
export interface ServiceKeys {
  readonly bindingKeys: BindingKeys
  /** Seals secret access keys. */
  readonly credentialKey: KeyRef
}

/** The store names a key that this token does not hold, or holds with other material. */
export class WrongToken extends Error {
  override readonly name = 'WrongToken'
}

const FIRST_GENERATION = 1

/**
 * Loads the service's own keys, makes those that are missing, and compares their check values with the store.
 *
 * @throws WrongToken when store and token do not belong together
 */
export async function loadServiceKeys(parts: {
  readonly hsm: Hsm
  readonly store: ServiceKeyStore
  readonly clock: Clock
}): Promise<ServiceKeys> {
  const all = await loadKeys({ ...parts, keystoreId: DEFAULT_KEYSTORE }, ['binding', 'credential'])
  return {
    bindingKeys: bindingKeysOf(all),
    credentialKey: newest(all, 'credential').key,
  }
}

/**
 * The same for the token of another keystore, which holds a binding key of its own.
 *
 * @throws WrongToken when store and token do not belong together
 */
export async function loadBindingKeys(parts: KeyParts): Promise<BindingKeys> {
  return bindingKeysOf(await loadKeys(parts, ['binding']))
}

interface KeyParts {
  readonly hsm: Hsm
  readonly store: ServiceKeyStore
  readonly clock: Clock
  readonly keystoreId: string
}

async function loadKeys(
  parts: KeyParts,
  purposes: readonly ServiceKeyPurpose[],
): Promise<readonly ServiceKey[]> {
  const { hsm, store, keystoreId } = parts
  for (const purpose of purposes) {
    const known = await store.list(keystoreId)
    if (!known.some((key) => key.purpose === purpose)) await makeKey(parts, purpose)
  }
  const all = await store.list(keystoreId)
  for (const key of all) await requireOnToken(hsm, key)
  return all
}

/** Generated in the HSM first, stored second: a row without material would be an outage, an orphan is harmless. */
async function makeKey(
  { hsm, store, clock, keystoreId }: KeyParts,
  purpose: ServiceKeyPurpose,
): Promise<void> {
  const key = { keyId: newKeyId(), version: FIRST_GENERATION }
  const checkValue = await hsm.generateKey({
    key,
    kind: SERVICE_KEY_KINDS[purpose],
    label: serviceKeyLabel(purpose, key.version),
  })
  // When the insert throws, the row may be there all the same: then the key must stay.
  const stored = await store.insert({ keystoreId, purpose, key, checkValue, createdAt: clock() })
  // Another replica was first, so this key is nobody's.
  if (!stored) await hsm.destroyKey(key)
}

async function requireOnToken(hsm: Hsm, { purpose, key, checkValue }: ServiceKey): Promise<void> {
  let seen: Uint8Array
  try {
    seen = await hsm.checkValue({ key, kind: SERVICE_KEY_KINDS[purpose] })
  } catch (cause) {
    if (!(cause instanceof HsmError) || cause.failure !== 'key-missing') throw cause
    throw new WrongToken(
      `The token does not hold the ${purpose} key that the database names: they do not belong together.`,
      { cause },
    )
  }
  if (seen.length !== checkValue.length || !timingSafeEqual(seen, checkValue)) {
    throw new WrongToken(
      `The ${purpose} key on the token is not the one that the database names: they do not belong together.`,
    )
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
