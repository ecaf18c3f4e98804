import { expect, test } from '@jest/globals'
import type { Profile } from '../../src/hsm/profile.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

describeUnless(softHsmModule() ? undefined : 'SoftHSM is not installed', 'a PIN', () => {
  function withForm(pattern: string) {
    return (profile: Profile): Profile => ({
      ...profile,
      pin: { pattern, form: 'as it should be' },
    })
  }

  test('of another form than the profile states never reaches the token', async () => {
    const token = await openSoftHsmToken()
    try {
      const refusal = openTestHsm(token, { agents: 1, changeProfile: withForm('^[^:]+:.+$') })
      await expect(refusal).rejects.toMatchObject({
        failure: 'setting',
        message: expect.stringMatching(/was not tried: .* softhsm2 it must be as it should be\.$/),
      })
    } finally {
      await token.remove()
    }
  })

  test('of that form opens the token', async () => {
    const token = await openSoftHsmToken()
    try {
      const hsm = await openTestHsm(token, { agents: 1, changeProfile: withForm('^[0-9a-f]+$') })
      expect(hsm.status().ready).toBe(true)
      await hsm.close()
    } finally {
      await token.remove()
    }
  })
})
