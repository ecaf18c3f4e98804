import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pkcs11js from 'pkcs11js'
import { judgeAttacks } from '../../src/compliance/attempts/attack-checks.js'
import type { Attempt } from '../../src/core/hsm-inspection.js'
import { describeUnless } from '../support/describe-unless.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

const PROGRAM = fileURLToPath(new URL('./weak-template-program.js', import.meta.url))
const COPYABLE = 0x171
const missing = softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined

/*
 * What the attacks are worth: a token that enforces what it is told loses as soon as the template is a weak one, and to the
 * very attack that is about the weakness.
 */
describeUnless(missing, 'attacks on the API of SoftHSM', () => {
  let token: TestToken
  beforeAll(async () => {
    token = await openSoftHsmToken()
  })
  afterAll(() => token.remove())

  function failing(changes: Readonly<Record<number, boolean>>): readonly string[] {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM], {
      env: token.environment,
      input: JSON.stringify({ uri: token.uri, profile: token.profile, changes }),
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`The program failed: ${stderr}`)
    const value = JSON.parse(stdout) as readonly Attempt[]
    return judgeAttacks({ value })
      .filter(({ verdict }) => verdict === 'fail')
      .map(({ id }) => id)
  }

  test('are lost against the template of the service', () => {
    expect(failing({})).toEqual([])
  })

  test('are won by wrapping where the template lets the key out', () => {
    expect(failing({ [pkcs11js.CKA_EXTRACTABLE]: true })).toEqual([
      'ATTACK-WRAP-DECRYPT',
      'ATTACK-CONFLICTING-TEMPLATES',
      'ATTACK-RE-IMPORT',
      'ATTACK-WEAK-WRAP',
    ])
  })

  test('are won by decrypting the wrap where the template has both uses', () => {
    expect(failing({ [pkcs11js.CKA_DECRYPT]: true })).toEqual(['ATTACK-WRAP-DECRYPT'])
  })

  test('are won by a change where the template admits changes', () => {
    expect(failing({ [pkcs11js.CKA_MODIFIABLE]: true, [COPYABLE]: true })).toEqual([
      'ATTACK-RE-IMPORT',
    ])
  })

  test('are won by reading where the template is not sensitive', () => {
    const changes = { [pkcs11js.CKA_SENSITIVE]: false, [pkcs11js.CKA_EXTRACTABLE]: true }
    expect(failing(changes)).toContain('ATTACK-PASSING-SECRET')
  })
})
