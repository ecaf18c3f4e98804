import type { HsmLimits } from '../../core/hsm.js'
import type { SignatureScheme } from '../../core/hsm-pairs.js'
import { mechanismNumber } from '../mechanism-number.js'
import type { Profile } from '../profile.js'
import { unsupported } from './pkcs11-error.js'

/**
 * A number that no PKCS#11 standard has, as the profile of the token knows it.
 *
 * @throws TokenError `unsupported` where the profile does not
 */
export function vendorNumber({ name, vendorNumbers }: Profile, constant: string): number {
  const number = vendorNumbers?.[constant]
  if (number !== undefined) return mechanismNumber(number)
  throw unsupported(`The profile ${name} has no number for ${constant}.`, 'C_GetMechanismInfo')
}

/**
 * Refuses what the profile does not list, before a token that lacks it answers something else: SoftHSM and NSS softokn
 * have no common word for an unknown curve or mechanism.
 *
 * @throws TokenError `unsupported`
 */
export function requireAlgorithm(
  { name, algorithms }: Profile,
  algorithm: HsmLimits['algorithms'][number],
): void {
  if (!algorithms.includes(algorithm)) {
    throw unsupported(
      `The profile ${name} does not list the algorithm ${algorithm}.`,
      'C_GetMechanismInfo',
    )
  }
}

/**
 * The same for signatures.
 *
 * @throws TokenError `unsupported`
 */
export function requireScheme({ name, signatureSchemes }: Profile, scheme: SignatureScheme): void {
  if (!signatureSchemes.includes(scheme)) {
    throw unsupported(
      `The profile ${name} does not list the signature scheme ${scheme}.`,
      'C_GetMechanismInfo',
    )
  }
}
