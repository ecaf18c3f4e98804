import { expect, test } from '@jest/globals'
import type { Profile } from '../../src/hsm/profile.js'
import { describeUnless } from '../support/describe-unless.js'
import { nssModule, openNssToken } from '../support/nss-token.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

/*
 * A profile that says something else than the token does must stop the start: mechanism numbers mean different things
 * on different tokens, and only the bytes tell.
 */

function withKeyWrap(change: Partial<Profile['keyWrap']>): (profile: Profile) => Profile {
  return (profile) => ({ ...profile, keyWrap: { ...profile.keyWrap, ...change } })
}

function withMore(
  algorithm: Profile['algorithms'][number],
  scheme: Profile['signatureSchemes'][number],
): (profile: Profile) => Profile {
  return (profile) => ({
    ...profile,
    algorithms: [...profile.algorithms, algorithm],
    signatureSchemes: [...profile.signatureSchemes, scheme],
  })
}

function refusal(open: () => Promise<TestToken>, change: Partial<Profile['keyWrap']>) {
  return refusalOf(open, withKeyWrap(change))
}

async function refusalOf(
  open: () => Promise<TestToken>,
  changeProfile: (profile: Profile) => Profile,
) {
  const token = await open()
  try {
    const hsm = await openTestHsm(token, { changeProfile })
    await hsm.close()
    return 'it started'
  } catch (error) {
    return error instanceof Error ? error.message : ''
  } finally {
    await token.remove()
  }
}

describeUnless(softHsmModule() ? undefined : 'SoftHSM is not installed', 'SoftHSM', () => {
  test('zero-pads odd lengths, so a profile that says exact is refused', async () => {
    const message = await refusal(openSoftHsmToken, { oddLengths: 'exact' })
    expect(message).toMatch(/known-answer tests of profile softhsm2.*zero-pads/)
  })

  test('has another algorithm under 0x2109', async () => {
    const message = await refusal(openSoftHsmToken, { mechanism: '0x2109' })
    expect(message).toMatch(/known-answer tests of profile softhsm2/)
  })

  test('has no 0x210B', async () => {
    const message = await refusal(openSoftHsmToken, { mechanism: '0x210B' })
    expect(message).toMatch(/known-answer tests.*C_WrapKey returned 0x70/)
  })
})

describeUnless(nssModule() ? undefined : 'NSS softokn is not installed', 'NSS softokn', () => {
  test('pads as PKCS#7 does under 0x210A', async () => {
    const message = await refusal(openNssToken, { mechanism: '0x210A' })
    expect(message).toMatch(/known-answer tests of profile nss-softokn.*PKCS#7/)
  })

  test('wraps odd lengths exactly, so a profile that says zero-padded is refused', async () => {
    const message = await refusal(openNssToken, { oddLengths: 'zero-padded' })
    expect(message).toMatch(/wraps odd lengths exactly/)
  })

  test('has no secp256k1 and no Ed25519, so a profile that lists them is refused', async () => {
    const curve = await refusalOf(openNssToken, withMore('secp256k1', 'ecdsa'))
    expect(curve).toMatch(/fails 1 of \d+ known-answer tests.*"verify ecdsa of secp256k1"/)
    const edwards = await refusalOf(openNssToken, withMore('ed25519', 'ed25519'))
    expect(edwards).toMatch(/fails 1 of \d+ known-answer tests.*"verify ed25519 of ed25519"/)
  })
})
