import type { Cmk } from '../core/cmk.js'
import type { GrantOperation } from '../core/grant.js'
import { type EncryptionForm, requireEncryption } from '../core/key-use.js'
import type { Token } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/** A CMK that encrypts, and the token that it is on. */
export interface EncryptionKey {
  readonly cmk: Cmk
  readonly form: EncryptionForm
  readonly token: Token
}

/**
 * Finds the CMK that is to encrypt or to decrypt, judges its state and its kind, and finds its token.
 *
 * @throws KmsError of {@link loadCmk} and of `judge`; KMS.0340
 */
export async function loadEncryptionKey(
  service: Service,
  call: ProjectCall,
  request: {
    readonly reference: string
    readonly grantable?: GrantOperation
    readonly judge?: (cmk: Cmk) => EncryptionForm
  },
): Promise<EncryptionKey> {
  const { reference, grantable, judge = requireEncryption } = request
  const cmk = await loadCmk(service, call, reference, grantable)
  const form = judge(cmk)
  return { cmk, form, token: await service.tokens.of(cmk.keystoreId) }
}
