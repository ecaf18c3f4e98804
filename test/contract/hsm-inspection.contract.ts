import { expect, test } from '@jest/globals'
import type { KeyAttributes } from '../../src/core/hsm-inspection.js'
import type { KeyRef } from '../../src/core/ids.js'
import {
  type HsmFacts,
  type TokenUnderTest,
  bind,
  failureOf,
  freshRef,
  hex,
  objectId,
  patterned,
} from './token-under-test.js'

/** Numbers of PKCS#11 v3.1 appendix B. */
const CKO_SECRET_KEY = 4
const CKK_GENERIC_SECRET = 0x10
const CKK_AES = 0x1f

const PROTECTED = {
  token: true,
  private: true,
  sensitive: true,
  extractable: false,
  alwaysSensitive: true,
  neverExtractable: true,
  modifiable: false,
  encrypt: false,
  decrypt: false,
  derive: false,
} as const

/** What the token tells of itself and of its keys. */
export function hsmInspectionContract(token: TokenUnderTest, facts: HsmFacts): void {
  test('says who it is', async () => {
    const identity = await token.hsm.identity()
    expect(identity.label).toMatch(/\S/)
    expect(identity.manufacturer).toMatch(/\S/)
    expect(identity.library).toMatch(/\S/)
    expect(identity.profile).toMatch(/\S/)
    // Fixed-length texts of CK_TOKEN_INFO come without their padding.
    for (const text of [identity.label, identity.manufacturer, identity.model, identity.serial]) {
      expect(text).toBe(text.trimEnd())
    }
  })

  test('shows a wrapping key that wraps, unwraps and does nothing else', async () => {
    const key = await token.generate('wrapping')
    const attributes = await attributesOf(token, key)
    expect(attributes).toMatchObject({
      class: CKO_SECRET_KEY,
      keyType: CKK_AES,
      label: `test/${key.keyId}/1`,
      flags: { ...PROTECTED, wrap: true, unwrap: true, sign: false, verify: false },
    })
    expect(attributes?.flags.local).toBe(facts.reportsLocal)
  })

  test('shows a binding key that signs, verifies and does nothing else', async () => {
    const key = await token.generate('binding')
    const attributes = await attributesOf(token, key)
    expect(attributes).toMatchObject({
      class: CKO_SECRET_KEY,
      keyType: CKK_GENERIC_SECRET,
      label: `test/${key.keyId}/1`,
      flags: { ...PROTECTED, wrap: false, unwrap: false, sign: true, verify: true },
    })
    expect(attributes?.flags.local).toBe(facts.reportsLocal)
  })

  test('shows no key that was destroyed, and none that a call left behind', async () => {
    const pair = await token.keyPair()
    const gone = await token.generate('wrapping')
    await token.hsm.destroyKey(gone)
    const before = (await token.hsm.inspectKeys()).map(({ id }) => id).sort()
    expect(before).not.toContain(objectId(gone))

    const request = { key: pair.key, binding: bind(pair.bindingKey) }
    const bound = await token.hsm.wrap({ ...request, secret: patterned(16) })
    await token.unwrap(pair, bound)
    await token.hsm.generateWrapped({ ...request, length: 16 })
    await token.hsm.generateReadable({ ...request, length: 16 })
    await token.hsm.knownAnswers()
    await token.hsm.attempts(pair.key)
    expect((await token.hsm.inspectKeys()).map(({ id }) => id).sort()).toEqual(before)
  })

  test('passes the known-answer tests', async () => {
    const answers = await token.hsm.knownAnswers()
    expect(answers.length).toBeGreaterThanOrEqual(4)
    expect(answers.filter(({ passed }) => !passed)).toEqual([])
    expect(new Set(answers.map(({ test: name }) => name)).size).toBe(answers.length)
  })

  test.each(['wrapping', 'binding'] as const)('tries to get at a %s key', async (kind) => {
    const key = await token.generate(kind)
    const before = await token.hsm.checkValue({ key, kind })
    const attempts = await token.hsm.attempts(key)
    expect(attempts.length).toBeGreaterThanOrEqual(3)
    for (const { attempt, detail } of attempts) expect(`${attempt}|${detail}`).toMatch(/\S\|.*\S/)
    expect(attempts.every(({ refused }) => refused)).toBe(facts.refusesAttempts)
    // Whatever came of it, the key is the same and as protected as it was.
    expect(hex(await token.hsm.checkValue({ key, kind }))).toBe(hex(before))
    expect((await attributesOf(token, key))?.flags).toMatchObject(PROTECTED)
  })

  test('says in what state it is', async () => {
    const { flags, minPinBytes, maxPinBytes, libraryPath } = await token.hsm.tokenState()
    expect(flags).toMatchObject({ LOGIN_REQUIRED: true, TOKEN_INITIALIZED: true })
    expect(flags).toMatchObject({ USER_PIN_LOCKED: false, ERROR_STATE: false })
    // A token that states no longest one says so, and not that it takes PINs of no byte.
    expect(minPinBytes).toBeLessThanOrEqual(maxPinBytes ?? Infinity)
    expect(libraryPath).not.toBe('')
  })

  test('plays the attacks on its API, and leaves nothing', async () => {
    const before = (await token.hsm.inspectKeys()).length
    const attacks = await token.hsm.apiAttacks()
    for (const { attempt, detail } of attacks)
      expect(`${attempt}|${detail}`).toMatch(/^[a-z-]+: .*\|\S/)
    expect(attacks.every(({ refused }) => refused)).toBe(facts.refusesAttempts)
    expect((await token.hsm.inspectKeys()).length).toBe(before)
  })

  test('answers questions of known answer in their order', async () => {
    const kek = Uint8Array.from({ length: 32 }, (_, at) => at)
    const wrapped = Buffer.from('87d232771cf8250f4735dd2d84dbd708', 'hex')
    const changed = Uint8Array.from(wrapped, (byte, at) => (at === 3 ? byte ^ 1 : byte))
    const questions = [changed, wrapped].map((bytes) => ({
      form: 'kwp-unwrap' as const,
      kek,
      wrapped: Uint8Array.from(bytes),
    }))
    const answers = await token.hsm.vectors(questions)
    const outcomes = answers.map(({ outcome }) => outcome)
    expect([
      ['refused', 'bytes'],
      ['unsupported', 'unsupported'],
    ]).toContainEqual(outcomes)
    const [, right] = answers
    if (right?.outcome === 'bytes') expect(hex(right.bytes)).toBe('fffefdfcfbfaf9f8')
    expect(await token.hsm.vectors([])).toEqual([])
  })

  test('misses a key that it should try to get at', async () => {
    expect(await failureOf(token.hsm.attempts(freshRef()))).toBe('key-missing')
  })
}

async function attributesOf(
  token: TokenUnderTest,
  key: KeyRef,
): Promise<KeyAttributes | undefined> {
  const found = (await token.hsm.inspectKeys()).filter(({ id }) => id === objectId(key))
  expect(found).toHaveLength(1)
  return found[0]
}
