import { judgeToken } from '../../src/compliance/token/token-checks.js'
import type { TokenFlag } from '../../src/core/hsm-assessment.js'
import { FACTS, STATE, healthy } from './made-up.js'

describe('what the token says of itself', () => {
  function judged(flags: Partial<Record<TokenFlag, boolean>>, change: object = {}) {
    const tokenState = { ...STATE, flags: { ...STATE.flags, ...flags } }
    const { identity } = healthy()
    const results = judgeToken({ identity: { ...identity, ...change }, tokenState, facts: FACTS })
    return Object.fromEntries(results.map(({ id, verdict }) => [id, verdict]))
  }

  test('is right, but for what a person has to look up', () => {
    expect(judged({})).toEqual({
      'TOKEN-IDENTITY': 'pass',
      'TOKEN-FIPS': 'manual',
      'TOKEN-LOGIN': 'pass',
      'TOKEN-PINS': 'pass',
    })
  })

  test.each([
    ['LOGIN_REQUIRED', false, 'TOKEN-LOGIN', 'fail'],
    ['USER_PIN_INITIALIZED', false, 'TOKEN-LOGIN', 'fail'],
    ['TOKEN_INITIALIZED', false, 'TOKEN-LOGIN', 'fail'],
    ['ERROR_STATE', true, 'TOKEN-LOGIN', 'fail'],
    ['USER_PIN_COUNT_LOW', true, 'TOKEN-PINS', 'fail'],
    ['USER_PIN_LOCKED', true, 'TOKEN-PINS', 'fail'],
    ['USER_PIN_TO_BE_CHANGED', true, 'TOKEN-PINS', 'fail'],
    ['SO_PIN_TO_BE_CHANGED', true, 'TOKEN-PINS', 'fail'],
    ['SO_PIN_COUNT_LOW', true, 'TOKEN-PINS', 'manual'],
  ] as const)('with %s %s: %s is %s', (flag, value, id, verdict) => {
    expect(judged({ [flag]: value })[id]).toBe(verdict)
  })

  test('must not leave out its serial number', () => {
    expect(judged({}, { serial: '' })['TOKEN-IDENTITY']).toBe('fail')
  })
})
