import { randomBytes } from 'node:crypto'
import type { CheckResult } from '../../src/compliance/check.js'
import { judge } from '../../src/compliance/judge.js'
import { objectName } from '../../src/core/object-id.js'
import type { Material } from '../../src/compliance/keys/expected-use.js'
import type {
  KeyRole,
  Observations,
  StoredKey,
  TokenFacts,
} from '../../src/compliance/observations.js'
import { cmkLabel } from '../../src/core/cmk.js'
import type { KeyAttributes, KeyFlag } from '../../src/core/hsm-inspection.js'
import { TOKEN_FLAGS, type TokenFlag, type TokenState } from '../../src/core/hsm-assessment.js'
import type { PairUse } from '../../src/core/hsm-pairs.js'
import { type KeyRef, newKeyId } from '../../src/core/ids.js'
import { importPairLabel } from '../../src/core/import-pair.js'
import { SERVICE_KEY_MATERIAL, serviceKeyLabel } from '../../src/core/service-key.js'

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

const MATERIALS: Readonly<Record<KeyRole, Material>> = {
  cmk: { form: 'secret', kind: 'wrapping' },
  import: { form: 'pair', algorithm: 'rsa-2048', use: 'import' },
  ...SERVICE_KEY_MATERIAL,
}

/** A row of a made-up store. */
export function storedKey(role: KeyRole, material: Material = MATERIALS[role]): StoredKey {
  const key = { keyId: newKeyId(), version: 1 }
  return {
    key,
    id: objectName(key),
    role,
    material,
    imported: false,
    label: labelOf(role, key),
    checkValue: role === 'import' ? undefined : Uint8Array.of(1, 2, 3),
  }
}

function labelOf(role: KeyRole, key: KeyRef): string {
  if (role === 'cmk') return cmkLabel(key)
  return role === 'import' ? importPairLabel(newKeyId(), key) : serviceKeyLabel(role, key.version)
}

/** The object that a row ought to have. */
export function objectOf({ material, id, label }: StoredKey): KeyAttributes {
  if (material.form === 'pair') {
    const flags = { ...PROTECTED, ...PAIR_FLAGS[material.use], wrap: undefined, encrypt: undefined }
    const rsa = material.algorithm.startsWith('rsa')
    return { class: 3, keyType: rsa ? 0 : 3, bits: rsa ? 2048 : 256, label, id, flags }
  }
  const wraps = material.kind === 'wrapping'
  const uses = wraps ? { wrap: true, unwrap: true } : { sign: true, verify: true }
  return { class: 4, keyType: wraps ? 0x1f : 0x10, label, id, flags: { ...PROTECTED, ...uses } }
}

const PAIR_FLAGS: Readonly<Record<PairUse, Partial<Record<KeyFlag, boolean>>>> = {
  sign: { sign: true },
  decrypt: { decrypt: true },
  agree: { derive: true },
  import: { unwrap: true },
}

/** An object with other flags. */
export function withFlags(
  object: KeyAttributes,
  flags: Partial<Record<KeyFlag, boolean | undefined>>,
): KeyAttributes {
  return { ...object, flags: { ...object.flags, ...flags } }
}

/** Facts of a token that hides nothing. */
export const FACTS: TokenFacts = {
  reportsLocal: true,
  hasGcm: true,
  importPairsDecrypt: false,
  production: true,
}

/** What these observations leave out; the tests of each group make up their own. */
export const NOT_HERE = { omitted: 'Another test has this.' }

const SET: readonly TokenFlag[] = [
  'RNG',
  'LOGIN_REQUIRED',
  'USER_PIN_INITIALIZED',
  'TOKEN_INITIALIZED',
]

/** A token in order. */
export const STATE: TokenState = {
  flags: Object.fromEntries(TOKEN_FLAGS.map((flag) => [flag, SET.includes(flag)])) as Record<
    TokenFlag,
    boolean
  >,
  minPinBytes: 4,
  maxPinBytes: 255,
  libraryPath: '/usr/lib/library.so',
  librarySha256: 'ab'.repeat(32),
  cryptoki: '2.40',
}

/** What is observed of token and store where all is well. */
export function healthy(
  stored: readonly StoredKey[] = (['binding', 'credential', 'audit', 'import', 'cmk'] as const).map(
    (role) => storedKey(role),
  ),
): Observations {
  const tests = ['wrap 8 bytes', 'unwrap 8 bytes', 'unwrap of changed bytes is refused']
  const others = [
    'HMAC-SHA-256 with a 32-byte key',
    'AES-256-GCM, test case 16',
    'random bytes differ',
  ]
  return {
    mode: 'full',
    tokenState: STATE,
    vectors: NOT_HERE,
    random: { value: randomBytes(65_536) },
    attacks: NOT_HERE,
    frames: NOT_HERE,
    auditLog: NOT_HERE,
    lifeCycle: NOT_HERE,
    rights: NOT_HERE,
    transport: NOT_HERE,
    build: NOT_HERE,
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
    facts: FACTS,
    knownAnswers: [...tests, ...others].map((test) => ({
      test,
      passed: true,
      detail: 'as expected',
    })),
    stored,
    objects: stored.map(objectOf),
    checkValues: new Map(
      stored.flatMap(({ id, checkValue }) => (checkValue ? [[id, { value: checkValue }]] : [])),
    ),
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
