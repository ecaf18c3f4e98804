import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Question, evaluate } from '../../src/access/evaluate.js'
import { fitsGlob } from '../../src/access/glob.js'
import { MalformedPolicy, parsePolicy } from '../../src/access/policy-document.js'
import { SYSTEM_POLICIES } from '../../src/access/system-policies.js'

const QUESTION: Question = {
  actions: ['kms:dek:crypto', 'kms:cmk:encryptDataKey'],
  resource: {
    keyId: 'k1',
    keystoreId: '0',
    aliases: ['alias/pay'],
    tags: [{ key: 'env', value: 'prod' }],
  },
  spec: 'AES_256',
  origin: 'kms',
  project: 'p1',
  context: { tenant: 'a' },
  address: '192.0.2.7',
  time: Date.parse('2030-01-01T00:00:00Z'),
}

function policy(name: string, ...statements: readonly object[]) {
  const full = statements.map((statement) => ({
    effect: 'allow',
    actions: ['kms:*'],
    resources: ['*'],
    ...statement,
  }))
  return { name, statements: parsePolicy(JSON.stringify({ version: '1', statements: full })) }
}

test('nothing allows where nothing is said, and the rule that decided is named', () => {
  expect(evaluate([], QUESTION)).toStrictEqual({ effect: 'none', rule: undefined })
  const allow = policy('mine', { actions: ['kms:mac:*'] }, {})
  expect(evaluate([allow], QUESTION)).toStrictEqual({
    effect: 'allow',
    rule: 'policy mine statement 2',
  })
})

test('a denial wins wherever it stands', () => {
  const [allow, deny] = [policy('a', {}), policy('d', { effect: 'deny', resources: ['key:k1'] })]
  const verdict = { effect: 'deny', rule: 'policy d statement 1' }
  expect(evaluate([allow, deny], QUESTION)).toStrictEqual(verdict)
  expect(evaluate([deny, allow], QUESTION)).toStrictEqual(verdict)
})

describe('a statement applies', () => {
  test.each([
    [{ actions: ['kms:dek:crypto'] }, true],
    [{ actions: ['kms:cmk:encryptDataKey'] }, true],
    [{ actions: ['kms:dek:create'] }, false],
    [{ resources: ['key:k1'] }, true],
    [{ resources: ['key:k'] }, false],
    [{ resources: ['key:k*'] }, true],
    [{ resources: ['alias:alias/p*'] }, true],
    [{ resources: ['alias:alias/q*'] }, false],
    [{ resources: ['tag:env=pr*'] }, true],
    [{ resources: ['tag:env=dev'] }, false],
    [{ resources: ['tag:other=*'] }, false],
    [{ resources: ['keystore:0'] }, true],
    [{ resources: ['keystore:1'] }, false],
    [{ when: { encryption_context: { tenant: ['b', 'a*'] } } }, true],
    [{ when: { encryption_context: { tenant: ['b'] } } }, false],
    [{ when: { encryption_context: { toString: ['*'] } } }, false],
    [{ unless: { encryption_context: { tenant: ['a'] } } }, false],
    [{ when: { key_spec: ['AES_256'] } }, true],
    [{ when: { key_spec: ['SM4'] } }, false],
    [{ when: { origin: ['external'] } }, false],
    [{ when: { project: ['p1'] } }, true],
    [{ when: { project: ['p2'] } }, false],
    [{ when: { source_address: ['192.0.2.0/24'] } }, true],
    [{ when: { source_address: ['192.0.2.0/29', '2001:db8::/32'] } }, true],
    [{ when: { source_address: ['192.0.2.8'] } }, false],
    [{ when: { source_address: ['2001:db8::/32'] } }, false],
    [{ when: { time: { after: '2030-01-01T00:00:00Z' } } }, true],
    [{ when: { time: { before: '2030-01-01T00:00:00Z' } } }, false],
    [{ when: { key_spec: ['AES_256'], origin: ['external'] } }, false],
    [{ unless: { key_spec: ['AES_256'], origin: ['external'] } }, true],
  ])('%j: %s', (statement, expected) => {
    const { effect } = evaluate([policy('p', statement)], QUESTION)
    expect(effect).toBe(expected ? 'allow' : 'none')
  })

  test('never by a condition on what the call does not have', () => {
    const bare: Question = { ...QUESTION, resource: {}, spec: undefined, context: null }
    for (const statement of [
      { when: { key_spec: ['AES_256'] } },
      { when: { encryption_context: { tenant: ['*'] } } },
      { resources: ['key:*', 'alias:*', 'tag:env=*', 'keystore:*'] },
    ]) {
      expect(evaluate([policy('p', statement)], bare).effect).toBe('none')
    }
  })
})

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['another version', '{"version":"2","statements":[]}'],
  ['no statements', '{"version":"1","statements":[]}'],
  ['a document without end', ' '.repeat(16_385)],
])('%s is no policy', (_what, text) => {
  expect(() => parsePolicy(text)).toThrow(MalformedPolicy)
})

test.each([
  { effect: 'Allow' },
  { actions: [] },
  { actions: ['obs:*'] },
  { actions: 'kms:*' },
  { resources: ['id:1'] },
  { resources: ['tag:env'] },
  { condition: {} },
  { when: {} },
  { when: { time: {} } },
  { when: { time: { after: 'tomorrow' } } },
  { when: { source_address: ['192.0.2.0/33'] } },
  { when: { source_address: ['host'] } },
  { when: { encryption_context: {} } },
  { when: { key_specs: ['AES_256'] } },
])('%j is no statement', (statement) => {
  expect(() => policy('p', statement)).toThrow(MalformedPolicy)
})

test('a glob fits what the same regular expression fits', () => {
  const unit = fc.constantFrom('a', 'b', '*')
  fc.assert(
    fc.property(
      fc.string({ unit }),
      fc.string({ unit: fc.constantFrom('a', 'b') }),
      (glob, text) => {
        expect(fitsGlob(glob, text)).toBe(new RegExp(`^${glob.replace(/\*+/g, '.*')}$`).test(text))
      },
    ),
  )
  expect(fitsGlob(`${'a*'.repeat(5000)}b`, 'a'.repeat(5000))).toBe(false)
})

test('the policies of the software are well-formed, and reading is not using', () => {
  for (const [name, document] of SYSTEM_POLICIES) {
    const { effect } = evaluate([{ name, statements: parsePolicy(document) }], QUESTION)
    expect(effect).toBe(name === 'system:full-access' ? 'allow' : 'none')
  }
})
