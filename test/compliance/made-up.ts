import type { CheckResult } from '../../src/compliance/check.js'
import { judge } from '../../src/compliance/judge.js'
import { objectIdOf } from '../../src/compliance/object-id.js'
import type { KeyRole, Observations, StoredKey } from '../../src/compliance/observations.js'
import { cmkLabel } from '../../src/core/cmk.js'
import type { KeyAttributes, KeyFlag } from '../../src/core/hsm.js'
import { newKeyId } from '../../src/core/ids.js'
import { SERVICE_KEY_KINDS, serviceKeyLabel } from '../../src/core/service-key.js'

const PROTECTED: Readonly<Record<KeyFlag, boolean>> = {
  token: true,
  private: true,
  sensitive: true,
  extractable: false,
  alwaysSensitive: true,
  neverExtractable: true,
  local: true,
  modifiable: false,
  wrap: false,
  unwrap: false,
  encrypt: false,
  decrypt: false,
  sign: false,
  verify: false,
  derive: false,
}

/** A row of a made-up store. */
export function storedKey(role: KeyRole): StoredKey {
  const key = { keyId: newKeyId(), version: 1 }
  return {
    key,
    id: objectIdOf(key),
    role,
    kind: role === 'cmk' ? 'wrapping' : SERVICE_KEY_KINDS[role],
    label: role === 'cmk' ? cmkLabel(key) : serviceKeyLabel(role, 1),
    checkValue: Uint8Array.of(1, 2, 3),
  }
}

/** The object that a row ought to have. */
export function objectOf({ role, id, label }: StoredKey): KeyAttributes {
  const uses = role === 'binding' ? { sign: true, verify: true } : { wrap: true, unwrap: true }
  const keyType = role === 'binding' ? 0x10 : 0x1f
  return { class: 4, keyType, label, id, flags: { ...PROTECTED, ...uses } }
}

/** An object with other flags. */
export function withFlags(
  object: KeyAttributes,
  flags: Partial<Record<KeyFlag, boolean | undefined>>,
): KeyAttributes {
  return { ...object, flags: { ...object.flags, ...flags } }
}

/** What is observed of a service in which all is well. */
export function healthy(
  stored: readonly StoredKey[] = [storedKey('binding'), storedKey('credential'), storedKey('cmk')],
): Observations {
  const tests = ['wrap 8 bytes', 'unwrap 8 bytes', 'unwrap of changed bytes is refused']
  const others = [
    'HMAC-SHA-256 with a 32-byte key',
    'AES-256-GCM, test case 16',
    'random bytes differ',
  ]
  return {
    identity: {
      label: 'kms',
      manufacturer: 'maker',
      model: 'model',
      serial: '1',
      hardware: '1.0',
      firmware: '1.0',
      library: 'library 1.0',
      profile: 'made-up',
    },
    facts: { reportsLocal: true, hasGcm: true },
    knownAnswers: [...tests, ...others].map((test) => ({
      test,
      passed: true,
      detail: 'as expected',
    })),
    stored,
    objects: stored.map(objectOf),
    checkValues: new Map(stored.map(({ id, checkValue }) => [id, { value: checkValue }])),
    attempts: new Map(
      stored.map(({ id }) => [id, { value: [{ attempt: 'read', refused: true, detail: 'no' }] }]),
    ),
  }
}

/** Ids of the checks that fail on observations. */
export function failures(observations: Observations): readonly string[] {
  return judge(observations)
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id }) => id)
}

/** One check of observations. */
export function resultOf(observations: Observations, id: string): CheckResult {
  const found = judge(observations).find((check) => check.id === id)
  if (!found) throw new Error(`There is no check ${id}.`)
  return found
}
