import { describe, expect, test } from '@jest/globals'
import {
  type Cmk,
  KEY_STATES,
  type KeyState,
  cmkLabel,
  currentKey,
  requireEnabled,
  requireNotPending,
  requireUsable,
} from '../../../src/core/cmk.js'
import { dueAt } from '../../../src/core/due.js'
import { KmsError } from '../../../src/core/errors.js'
import {
  DAY_MS,
  bury,
  cancelDeletion,
  describe as redescribe,
  disable,
  enable,
  isDeletionDue,
  rename,
  requireAlive,
  scheduleDeletion,
} from '../../../src/core/life-cycle.js'
import {
  changeInterval,
  disableRotation,
  enableRotation,
  isRotationDue,
  rotateTo,
} from '../../../src/core/rotation.js'
import { cmkWith } from '../../support/sample-cmk.js'

const NOW = 1_800_000_000_000
const ON = { enabled: true, intervalDays: 90, lastAt: undefined, nextAt: NOW, count: 0 }

type Step = (cmk: Cmk) => Cmk

function outcome(step: Step, cmk: Cmk): string {
  const before = structuredClone(cmk)
  try {
    return `state ${step(cmk).state}`
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  } finally {
    expect(cmk).toEqual(before)
  }
}

/** What each step answers in the states 1 to 5. */
const TABLE: readonly (readonly [string, Step, readonly string[]])[] = [
  ['enable', enable, ['KMS.1201', 'KMS.1201', 'state 2', 'KMS.0210', 'KMS.1201']],
  ['disable', disable, ['KMS.1301', 'state 3', 'KMS.1301', 'KMS.0210', 'KMS.1301']],
  ['use', used, ['KMS.1301', 'state 2', 'KMS.0209', 'KMS.0210', 'KMS.1301']],
  [
    'schedule the deletion',
    (cmk) => scheduleDeletion(cmk, { days: 7, now: NOW }),
    ['state 4', 'state 4', 'state 4', 'KMS.1402', 'state 4'],
  ],
  [
    'cancel it',
    (cmk) => cancelDeletion(cmk, { materialComplete: true }),
    ['KMS.1501', 'KMS.1501', 'KMS.1501', 'state 3', 'KMS.1501'],
  ],
  [
    'cancel it without material',
    (cmk) => cancelDeletion(cmk, { materialComplete: false }),
    ['KMS.1501', 'KMS.1501', 'KMS.1501', 'state 5', 'KMS.1501'],
  ],
  ['rename', (cmk) => rename(cmk, 'new'), ['state 1', 'state 2', 'state 3', 'KMS.0210', 'state 5']],
  [
    'describe',
    (cmk) => redescribe(cmk, 'new'),
    ['state 1', 'state 2', 'state 3', 'KMS.0210', 'state 5'],
  ],
  [
    'switch rotation on',
    (cmk) => enableRotation(cmk, NOW),
    ['KMS.1301', 'state 2', 'KMS.0209', 'KMS.0210', 'KMS.1301'],
  ],
  [
    'switch rotation off',
    (cmk) => disableRotation({ ...cmk, rotation: ON }),
    ['KMS.1301', 'state 2', 'KMS.0209', 'KMS.0210', 'KMS.1301'],
  ],
  [
    'change the interval',
    (cmk) => changeInterval({ ...cmk, rotation: ON }, 30),
    ['KMS.1301', 'state 2', 'KMS.0209', 'KMS.0210', 'KMS.1301'],
  ],
]

test.each(
  TABLE.flatMap(([name, step, answers]) =>
    KEY_STATES.map((state, index) => [name, state, answers[index], step] as const),
  ),
)('%s in state %s: %s', (_name, state, expected, step) => {
  expect(outcome(step, cmkWith({ state }))).toBe(expected)
})

test('a deletion is planned to the millisecond, and forgotten when it is cancelled', () => {
  const scheduled = scheduleDeletion(cmkWith(), { days: 8, now: NOW })
  expect(scheduled.deletionAt).toBe(NOW + 8 * DAY_MS)
  expect(isDeletionDue(scheduled, NOW + 8 * DAY_MS - 1)).toBe(false)
  expect(isDeletionDue(scheduled, NOW + 8 * DAY_MS)).toBe(true)
  const cancelled = cancelDeletion(scheduled, { materialComplete: true })
  expect(cancelled.deletionAt).toBeUndefined()
  expect(isDeletionDue({ ...cancelled, deletionAt: NOW }, NOW)).toBe(false)
})

test('a tombstone is buried once, and works no more', () => {
  const buried = bury(cmkWith({ state: '4', deletionAt: NOW }), NOW)
  expect(buried).toMatchObject({ destroyedAt: NOW, materialGone: false })
  expect(isDeletionDue(buried, NOW)).toBe(false)
  expect(() => requireAlive(buried)).toThrow(KmsError)
  expect(() => requireAlive(cmkWith())).not.toThrow()
})

test('a key of another usage is refused, after what is wrong with its state', () => {
  expect(outcome(used, cmkWith({ usage: 'SIGN_VERIFY' }))).toBe('KMS.0335')
  expect(outcome(used, cmkWith({ usage: 'SIGN_VERIFY', state: '3' }))).toBe('KMS.0209')
  expect(() => requireUsable(cmkWith(), 'SIGN_VERIFY')).toThrow(/SIGN_VERIFY/)
})

test('whoever is refused reads what to do', () => {
  expect(() => requireNotPending(cmkWith({ state: '4' }))).toThrow(/Cancel the deletion/)
  expect(() => requireEnabled(cmkWith({ state: '3' }))).toThrow(/Enable it/)
})

describe('what is due', () => {
  const live: readonly KeyState[] = ['2', '3', '4', '5']

  test('nothing, for a key at rest', () => {
    for (const state of live) expect(dueAt(cmkWith({ state }))).toBeUndefined()
  })

  test('the first of its dates that count in its state', () => {
    const dates = { deletionAt: 30, materialExpiresAt: 20, rotation: { ...ON, nextAt: 10 } }
    expect(live.map((state) => dueAt(cmkWith({ state, ...dates })))).toEqual([10, 20, 20, 20])
    expect(dueAt(cmkWith({ state: '4', ...dates, materialExpiresAt: undefined }))).toBe(30)
  })

  test('the rest of a destruction, until all is gone', () => {
    const buried = bury(cmkWith({ state: '4', deletionAt: 30 }), NOW)
    expect(dueAt(buried)).toBe(NOW)
    expect(dueAt({ ...buried, materialGone: true })).toBeUndefined()
  })
})

test('a rotation counts, and sets the next date where rotation is on', () => {
  const eighth = { key: { keyId: cmkWith().id, version: 8 }, home: 1 }
  const on = rotateTo(cmkWith({ rotation: ON }), eighth, NOW)
  expect(on).toMatchObject({ currentVersion: 8 })
  expect(on.rotation).toEqual({ ...ON, lastAt: NOW, nextAt: NOW + 90 * DAY_MS, count: 1 })
  const off = rotateTo(cmkWith(), eighth, NOW)
  expect(off.rotation).toMatchObject({ enabled: false, nextAt: undefined, count: 1 })
  expect(isRotationDue(cmkWith({ rotation: ON }), NOW - 1)).toBe(false)
  expect(isRotationDue(cmkWith({ rotation: ON }), NOW)).toBe(true)
  expect(isRotationDue(cmkWith({ rotation: ON, destroyedAt: NOW }), NOW)).toBe(false)
})

describe('names', () => {
  test('the current version encrypts', () => {
    const cmk = cmkWith()
    expect(currentKey(cmk)).toEqual({ keyId: cmk.id, version: 7 })
    expect(cmkLabel(currentKey(cmk))).toBe(`cmk/${cmk.id}/7`)
  })

  test('states are five', () => {
    expect(KEY_STATES).toEqual(['1', '2', '3', '4', '5'])
  })
})

function used(cmk: Cmk): Cmk {
  requireUsable(cmk, 'ENCRYPT_DECRYPT')
  return cmk
}
