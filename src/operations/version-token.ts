import type { Cmk } from '../core/cmk.js'
import { homeOf } from '../core/home.js'
import type { Token } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'

/**
 * The token that a version of a CMK is on.
 *
 * @throws KmsError KMS.0340, HsmError
 */
export function tokenHolding(
  { tokens }: Pick<Service, 'tokens'>,
  cmk: Pick<Cmk, 'keystoreId' | 'homes'>,
  version: number,
): Promise<Token> {
  return tokens.at(cmk.keystoreId, homeOf(cmk, version))
}

/** The same for the version that a call is about, which the audit log names; that which encrypts unless stated otherwise. */
export function tokenOfCall(
  service: Pick<Service, 'tokens'>,
  { trace }: Pick<ProjectCall, 'trace'>,
  cmk: Cmk,
  version = cmk.currentVersion,
): Promise<Token> {
  trace.keyVersion = version
  return tokenHolding(service, cmk, version)
}
