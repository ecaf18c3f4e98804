import { judge } from '../../src/compliance/judge.js'
import { keyOfObjectName, objectName } from '../../src/core/object-id.js'
import type { Observations } from '../../src/compliance/observations.js'
import type { KeyAttributes, KeyFlag } from '../../src/core/hsm-inspection.js'
import {
  FACTS,
  NOT_HERE,
  failures,
  healthy,
  objectOf,
  resultOf,
  storedKey,
  withFlags,
} from './made-up.js'

const cmk = storedKey('cmk')

function withObject(change: (object: KeyAttributes) => KeyAttributes): Observations {
  return { ...healthy([cmk]), objects: [change(objectOf(cmk))] }
}

test('a healthy service passes every check', () => {
  const checks = judge(healthy())
  const here = checks.filter(({ remarks }) => remarks[0] !== NOT_HERE.omitted)
  expect(here.length).toBeGreaterThan(30)
  // What is validated is in no token: a person looks it up.
  expect(here.map(({ id, verdict }) => [id, verdict])).toEqual(
    here.map(({ id }) => [id, id === 'TOKEN-FIPS' ? 'manual' : 'pass']),
  )
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
  for (const { id, title, requirements, method } of checks) {
    expect(id).toMatch(/^[A-Z]+(-[A-Z]+)+$/)
    for (const text of [title, method]) expect(text.length).toBeGreaterThan(10)
    expect(requirements.length).toBeGreaterThan(0)
  }
})

test('a service without a key passes, with the reason why little was checked', () => {
  const aboutKeys = ['keys', 'store', 'attempts']
  const checks = judge(healthy([])).filter(({ suite }) => aboutKeys.includes(suite))
  expect(checks.length).toBeGreaterThan(20)
  for (const check of checks) {
    expect(check).toMatchObject({ verdict: 'not-applicable', remarks: [expect.any(String)] })
  }
})

describe('a protection', () => {
  const wrong = [
    ['sensitive', false, 'KEY-SENSITIVE'],
    ['extractable', true, 'KEY-EXTRACTABLE'],
    ['alwaysSensitive', false, 'KEY-ALWAYS-SENSITIVE'],
    ['neverExtractable', false, 'KEY-NEVER-EXTRACTABLE'],
    ['local', false, 'KEY-LOCAL'],
    ['token', false, 'KEY-TOKEN'],
    ['private', false, 'KEY-PRIVATE'],
    ['modifiable', true, 'KEY-MODIFIABLE'],
    ['wrap', false, 'KEY-USAGE'],
    ['unwrap', false, 'KEY-USAGE'],
    ['encrypt', true, 'KEY-USAGE'],
    ['decrypt', true, 'KEY-USAGE'],
    ['sign', true, 'KEY-USAGE'],
    ['verify', true, 'KEY-USAGE'],
    ['derive', true, 'KEY-USAGE'],
  ] as const satisfies readonly (readonly [KeyFlag, boolean, string])[]

  test.each(wrong)('that is wrong fails: %s %s', (flag, value, id) => {
    expect(failures(withObject((object) => withFlags(object, { [flag]: value })))).toEqual([id])
  })

  test.each(wrong)('that is not reported fails: %s', (flag, _value, id) => {
    const observations = withObject((object) => withFlags(object, { [flag]: undefined }))
    expect(failures(observations)).toEqual([id])
    expect(resultOf(observations, id).failures[0]?.observed).toContain('not reported')
  })

  test('that the profile excuses does not apply, and no other one is excused', () => {
    const odd = withObject((object) => withFlags(object, { local: false, neverExtractable: false }))
    const observations = { ...odd, facts: { ...FACTS, reportsLocal: false } }
    expect(failures(observations)).toEqual(['KEY-NEVER-EXTRACTABLE'])
    expect(resultOf(observations, 'KEY-LOCAL')).toMatchObject({
      verdict: 'not-applicable',
      notApplicable: 1,
      remarks: [expect.stringContaining('profile')],
    })
  })

  test.each([0x10, 0x13, -1])('a key type other than AES fails: %s', (keyType) => {
    expect(failures(withObject((object) => ({ ...object, keyType })))).toEqual(['KEY-TYPE'])
  })
})

describe('keys of the service', () => {
  test.each([
    ['binding', { wrap: true }, 'BINDING-KEY-USAGE'],
    ['credential', { decrypt: true }, 'CREDENTIAL-KEY-USAGE'],
    ['credential', { extractable: true }, 'KEY-EXTRACTABLE'],
    ['audit', { derive: true }, 'AUDIT-KEY-USAGE'],
    ['audit', { extractable: true }, 'KEY-EXTRACTABLE'],
  ] as const)('%s with %j', (role, flags, id) => {
    const stored = storedKey(role)
    const objects = [withFlags(objectOf(stored), flags)]
    expect(failures({ ...healthy([stored]), objects })).toEqual([id])
  })
})

describe('keys of the other specifications', () => {
  const pairs = [
    ['rsa-2048', 'sign'],
    ['rsa-4096', 'decrypt'],
    ['ec-p384', 'agree'],
  ] as const

  test.each(pairs)('%s for %s passes every check', (algorithm, use) => {
    expect(failures(healthy([storedKey('cmk', { form: 'pair', algorithm, use })]))).toEqual([])
  })

  test.each(pairs)('%s for %s must have no second use', (algorithm, use) => {
    const stored = storedKey('cmk', { form: 'pair', algorithm, use })
    for (const flag of ['sign', 'decrypt', 'derive', 'unwrap'] as const) {
      const object = objectOf(stored)
      if (object.flags[flag] === true) continue
      const objects = [withFlags(object, { [flag]: true })]
      expect(failures({ ...healthy([stored]), objects })).toEqual(['KEY-USAGE'])
    }
  })

  test.each(['sign', 'decrypt', 'agree'] as const)('a pair for %s without it fails', (use) => {
    const stored = storedKey('cmk', { form: 'pair', algorithm: 'rsa-2048', use })
    const object = objectOf(stored)
    const flag = use === 'agree' ? 'derive' : use
    const objects = [withFlags(object, { [flag]: false })]
    expect(failures({ ...healthy([stored]), objects })).toEqual(['KEY-USAGE'])
  })

  test('an HMAC key signs and verifies; one that wraps fails', () => {
    const stored = storedKey('cmk', { form: 'secret', kind: 'hmac-384' })
    expect(failures(healthy([stored]))).toEqual([])
    const objects = [withFlags(objectOf(stored), { wrap: true })]
    expect(failures({ ...healthy([stored]), objects })).toEqual(['KEY-USAGE'])
  })

  test('a pair for imports decrypts only where the profile says that it must', () => {
    const stored = storedKey('import')
    const objects = [withFlags(objectOf(stored), { decrypt: true })]
    const observations = { ...healthy([stored]), objects }
    expect(failures(observations)).toEqual(['IMPORT-KEY-USAGE'])
    const excused = { ...observations, facts: { ...FACTS, importPairsDecrypt: true } }
    expect(failures(excused)).toEqual([])
  })

  test('imported material is excused for its history, and for nothing else', () => {
    const stored = { ...storedKey('cmk'), imported: true }
    const history = { local: false, alwaysSensitive: false, neverExtractable: false }
    const imported = withFlags(objectOf(stored), history)
    expect(failures({ ...healthy([stored]), objects: [imported] })).toEqual([])
    const loose = withFlags(imported, { extractable: true })
    expect(failures({ ...healthy([stored]), objects: [loose] })).toEqual(['KEY-EXTRACTABLE'])
  })

  test('a pair whose public key is another one fails', () => {
    const stored = storedKey('cmk', { form: 'pair', algorithm: 'ec-p256', use: 'sign' })
    const checkValues = new Map([[stored.id, { value: Uint8Array.of(9) }]])
    expect(failures({ ...healthy([stored]), checkValues })).toEqual(['STORE-CHECK-VALUE'])
  })
})

describe('known-answer tests', () => {
  const { knownAnswers } = healthy()

  test.each(knownAnswers)(
    '$test that fails, fails the check of its algorithm',
    ({ test: name }) => {
      const failing = knownAnswers.map((one) => ({ ...one, passed: one.test !== name }))
      const [id = '', ...others] = failures({ ...healthy(), knownAnswers: failing })
      expect(id).toMatch(/^KAT-/)
      expect(others).toEqual([])
      expect(resultOf({ ...healthy(), knownAnswers: failing }, id).failures[0]?.subject).toBe(name)
    },
  )

  test.each(knownAnswers)('$test that was not run, fails as well', ({ test: name }) => {
    const run = knownAnswers.filter((one) => one.test !== name)
    expect(failures({ ...healthy(), knownAnswers: run })).toHaveLength(1)
  })

  test('of an algorithm that the token does not have, do not apply', () => {
    const run = knownAnswers.filter(({ test: name }) => !name.includes('GCM'))
    const facts = { ...FACTS, hasGcm: false }
    const result = resultOf({ ...healthy(), knownAnswers: run, facts }, 'KAT-AES-GCM')
    expect(result.verdict).toBe('not-applicable')
  })

  test('of an algorithm that is new, count', () => {
    const odd = { test: 'SM4', passed: false, detail: 'another answer' }
    const observations = { ...healthy(), knownAnswers: [...knownAnswers, odd] }
    expect(failures(observations)).toEqual(['KAT-OTHER'])
  })
})

describe('attempts', () => {
  test.each([
    ['that succeeded', { value: [{ attempt: 'read', refused: false, detail: 'did it' }] }],
    ['that could not be made', { error: 'C_CopyObject returned 0x5.' }],
    ['of which there are none', { value: [] }],
  ])('%s fail', (_case, answer) => {
    const attempts = new Map([[cmk.id, answer]])
    expect(failures({ ...healthy([cmk]), attempts })).toEqual(['KEY-ATTEMPTS'])
  })

  test('on some keys only are told of', () => {
    const result = resultOf(
      { ...healthy([cmk, storedKey('cmk')]), attempts: healthy([cmk]).attempts },
      'KEY-ATTEMPTS',
    )
    expect(result).toMatchObject({ verdict: 'pass', remarks: ['Tried on 1 of 2 keys.'] })
  })
})

describe('a check value', () => {
  test.each([
    ['of other material', { value: Uint8Array.of(1, 2, 4) }],
    ['that is longer', { value: Uint8Array.of(1, 2, 3, 4) }],
    ['that is not to be had', { error: 'C_WrapKey returned 0x68.' }],
  ])('%s fails', (_case, answer) => {
    const checkValues = new Map([[cmk.id, answer]])
    expect(failures({ ...healthy([cmk]), checkValues })).toEqual(['STORE-CHECK-VALUE'])
  })

  test('that nobody asked for fails', () => {
    expect(failures({ ...healthy([cmk]), checkValues: new Map() })).toEqual(['STORE-CHECK-VALUE'])
  })
})

describe('an object without a row', () => {
  test.each([
    ['of a CMK', (object: KeyAttributes) => object, []],
    ['of nobody', (object: KeyAttributes) => ({ ...object, label: 'x', flags: {} }), []],
    ['without a CKA_ID', (object: KeyAttributes) => ({ ...object, id: '', label: '' }), []],
    [
      'with the CKA_ID of none',
      (object: KeyAttributes) => ({ ...object, id: 'ff' }),
      ['STORE-LABEL'],
    ],
  ])('%s fails', (_case, change, others) => {
    const object = change(objectOf(storedKey('cmk')))
    const base = healthy()
    const odd = { ...base, objects: [...base.objects, { ...object, flags: { ...object.flags } }] }
    expect(failures(odd as Observations)).toEqual(['STORE-ORPHAN', ...others])
  })

  test('that calls itself a CMK is judged as one', () => {
    const object = withFlags(objectOf(storedKey('cmk')), { extractable: true })
    const base = healthy()
    const observations = { ...base, objects: [...base.objects, object] }
    expect(failures(observations)).toEqual(['KEY-EXTRACTABLE', 'STORE-ORPHAN'])
  })
})

test('a label cannot forge a line of the report', () => {
  const observations = withObject((object) => ({
    ...object,
    label: 'cmk/\n\u001b[2JPASS\u2028\u202e',
  }))
  const [failure] = resultOf(observations, 'STORE-LABEL').failures
  expect(failure?.subject).toBe(`cmk/\\u{a}\\u{1b}[2JPASS\\u{2028}\\u{202e} (CKA_ID ${cmk.id})`)
})

test('a CKA_ID names its key', () => {
  const key = { keyId: cmk.key.keyId, version: 4_000_000_000 }
  expect(keyOfObjectName(objectName(key))).toEqual(key)
  expect(objectName(key)).toHaveLength(40)
  for (const odd of ['', 'ff', objectName(key).slice(2), `${objectName(key)}00`]) {
    expect(keyOfObjectName(odd)).toBeUndefined()
  }
})
