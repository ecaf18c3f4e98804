import { describe, expect, test } from '@jest/globals'
import { HsmError, type HsmFailure } from '../../src/core/hsm.js'
import { judgeInput, notAuthentic } from '../../src/hsm/agent/input-fault.js'
import { TokenError } from '../../src/hsm/agent/pkcs11-error.js'
import { loadProfile } from '../../src/hsm/profile.js'

const GENERAL_ERROR = 5
const DEVICE_ERROR = 0x30

/** A token that says of lost devices alone that they are lost. */
const ELSEWHERE = loadProfile('softhsm2')
/** One that says so of bad input, too. */
const KRYOPTIC = loadProfile('kryoptic')

describe('who is at fault', () => {
  test('nobody, when it works: the token is not asked again', () => {
    let asked = 0
    expect(
      judgeInput(
        ELSEWHERE,
        () => 7,
        () => ++asked > 0,
      ),
    ).toBe(7)
    expect(asked).toBe(0)
  })

  test('the input, when the token can do it with its own', () => {
    const error = thrown(() =>
      judgeInput(
        ELSEWHERE,
        () => fail('unavailable'),
        () => true,
      ),
    )
    expect(error).toMatchObject({ failure: 'not-authentic', radius: 'request', rv: 0 })
  })

  test('nobody, when it fails once: the token said so of something else', () => {
    let runs = 0
    const result = judgeInput(
      ELSEWHERE,
      () => (++runs === 1 ? fail('unavailable') : 7),
      () => true,
    )
    expect([result, runs]).toEqual([7, 2])
  })

  test.each([
    ['DEVICE_ERROR', DEVICE_ERROR],
    ['SESSION_HANDLE_INVALID', 0xb3],
    ['KEY_HANDLE_INVALID', 0x60],
    ['USER_NOT_LOGGED_IN', 0x101],
    ['CRYPTOKI_NOT_INITIALIZED', 0x190],
  ])('nobody is asked about %s: no input makes a token say so', (_, rv) => {
    let asked = 0
    const error = thrown(() =>
      judgeInput(
        ELSEWHERE,
        () => fail('unavailable', rv),
        () => ++asked > 0,
      ),
    )
    expect([error, asked]).toMatchObject([{ failure: 'unavailable', rv }, 0])
  })

  describe('on a token that says DEVICE_ERROR of bad input as well', () => {
    function lost(): never {
      return fail('unavailable', DEVICE_ERROR)
    }

    test('the input, when the token can do it with its own', () => {
      expect(thrown(() => judgeInput(KRYOPTIC, lost, () => true))).toMatchObject({
        failure: 'not-authentic',
        radius: 'request',
      })
    })

    test('the device, when the token cannot', () => {
      expect(thrown(() => judgeInput(KRYOPTIC, lost, lost))).toMatchObject({
        failure: 'unavailable',
        radius: 'library',
        rv: DEVICE_ERROR,
      })
    })

    test('nobody is asked about a session that is lost', () => {
      let asked = 0
      const error = thrown(() =>
        judgeInput(
          KRYOPTIC,
          () => fail('unavailable', 0xb3),
          () => ++asked > 0,
        ),
      )
      expect([error, asked]).toMatchObject([{ failure: 'unavailable', rv: 0xb3 }, 0])
    })
  })

  test.each([
    ['does not get it right', () => false],
    ['fails as well', () => fail('unavailable')],
  ])('the token, when it %s', (_, proof) => {
    const error = thrown(() => judgeInput(ELSEWHERE, () => fail('unavailable'), proof))
    expect(error).toMatchObject({ failure: 'unavailable', radius: 'library', rv: GENERAL_ERROR })
  })

  test.each(['not-authentic', 'unsuitable', 'key-missing'] as const)(
    'nobody is asked about %s',
    (failure) => {
      let asked = 0
      const error = thrown(() =>
        judgeInput(
          ELSEWHERE,
          () => fail(failure),
          () => ++asked > 0,
        ),
      )
      expect([error, asked]).toMatchObject([{ failure, rv: GENERAL_ERROR }, 0])
    },
  )

  test('a mistake of the program is no fault of the input', () => {
    const mistake = new RangeError('a mistake')
    const error = thrown(() =>
      judgeInput(
        ELSEWHERE,
        () => {
          throw mistake
        },
        () => true,
      ),
    )
    expect(error).toBe(mistake)
  })

  test('says the same whatever was wrong', () => {
    const [one, other] = [notAuthentic('C_Decrypt'), notAuthentic('C_UnwrapKey')]
    expect(one.message).toBe(other.message)
    expect(one).toBeInstanceOf(HsmError)
  })
})

function fail(failure: HsmFailure, rv = GENERAL_ERROR): never {
  throw new TokenError(failure, 'C_Decrypt returned an error.', {
    call: 'C_Decrypt',
    rv,
    radius: 'library',
  })
}

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}
