import { describe, expect, test } from '@jest/globals'
import { SettingError } from '../../src/setting.js'
import { loadConfig } from '../../src/config.js'

describe('KMS_HSM_SESSIONS', () => {
  const own = {
    KMS_PKCS11_URI: 'pkcs11:token=kms?module-path=/lib.so&pin-source=file:/pin',
    KMS_HSM_PROFILE: 'aws-cloudhsm',
  }

  test('is the most that agents take of the token', () => {
    expect(loadConfig({ ...own, KMS_HSM_SESSIONS: '8', KMS_AGENTS: '8' }).agents).toBe(8)
    expect(loadConfig({ ...own, KMS_HSM_SESSIONS: '1' }).agents).toBe(1)
    expect(() => loadConfig({ ...own, KMS_HSM_SESSIONS: '8', KMS_AGENTS: '9' })).toThrow(
      'KMS_AGENTS: So many agents need 9 sessions; this replica was given 8 of the token.',
    )
  })

  test('leaves one for the agent that is exchanged', () => {
    const recycling = { KMS_HSM_SESSIONS: '3', KMS_HSM_PROFILE: 'softhsm2' }
    expect(loadConfig({ ...recycling, KMS_AGENTS: '2' }).agents).toBe(2)
    expect(() => loadConfig({ ...recycling, KMS_AGENTS: '3' })).toThrow(/need 4 sessions/)
  })

  test.each(['0', '-1', 'many', '1.5'])('is not %s', (text) => {
    expect(() => loadConfig({ ...own, KMS_HSM_SESSIONS: text })).toThrow(SettingError)
  })

  test('a token that cannot serve is refused by its profile', () => {
    expect(() => loadConfig({ ...own, KMS_HSM_PROFILE: 'yubihsm2' })).toThrow(
      /^KMS_HSM_PROFILE: Tokens of the profile yubihsm2 cannot serve\. The YubiHSM 2 wraps/,
    )
  })
})
