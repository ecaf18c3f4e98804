import { describe, expect, test } from '@jest/globals'
import {
  type Cmk,
  KEY_STATES,
  type KeyState,
  cmkLabel,
  currentKey,
  disable,
  enable,
  requireUsable,
} from '../../../src/core/cmk.js'
import { KmsError } from '../../../src/core/errors.js'
import { newKeyId, projectId } from '../../../src/core/ids.js'

function cmkIn(state: KeyState): Cmk {
  return {
    id: newKeyId(),
    projectId: projectId('p'.repeat(32)),
    domainId: 'domain',
    alias: 'alias',
    description: '',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    state,
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
    currentVersion: 7,
    createdAt: 1_700_000_000_000,
    revision: 3,
  }
}

function outcome(run: () => Cmk): string {
  try {
    return `state ${run().state}`
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

function use(cmk: Cmk): string {
  return outcome(() => {
    requireUsable(cmk, 'ENCRYPT_DECRYPT')
    return cmk
  })
}

test.each([
  ['1', 'KMS.1201', 'KMS.1301', 'KMS.1301'],
  ['2', 'KMS.1201', 'state 3', 'state 2'],
  ['3', 'state 2', 'KMS.1301', 'KMS.0209'],
  ['4', 'KMS.0210', 'KMS.0210', 'KMS.0210'],
  ['5', 'KMS.1201', 'KMS.1301', 'KMS.1301'],
] as const)('in state %s: enable %s, disable %s, use %s', (state, enabled, disabled, used) => {
  const cmk = cmkIn(state)
  expect(outcome(() => enable(cmk))).toBe(enabled)
  expect(outcome(() => disable(cmk))).toBe(disabled)
  expect(use(cmk)).toBe(used)
  expect(cmk.state).toBe(state)
})

test('a key of another usage is refused', () => {
  const cmk: Cmk = { ...cmkIn('2'), usage: 'SIGN_VERIFY' }
  expect(use(cmk)).toBe('KMS.0335')
})

test('what is wrong with the state comes before what is wrong with the usage', () => {
  const cmk: Cmk = { ...cmkIn('3'), usage: 'SIGN_VERIFY' }
  expect(use(cmk)).toBe('KMS.0209')
})

describe('names', () => {
  test('the current version encrypts', () => {
    const cmk = cmkIn('2')
    expect(currentKey(cmk)).toEqual({ keyId: cmk.id, version: 7 })
  })

  test('the label on the token holds the id and the version', () => {
    const cmk = cmkIn('2')
    expect(cmkLabel(currentKey(cmk))).toBe(`cmk/${cmk.id}/7`)
  })

  test('states are five', () => {
    expect(KEY_STATES).toEqual(['1', '2', '3', '4', '5'])
  })
})
