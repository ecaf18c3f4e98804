import type { Cmk } from '../core/cmk.js'
import type { GrantOperation } from '../core/grant.js'
import { type EncryptionForm, requireEncryption } from '../core/key-use.js'
import type { Token } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'
import { tokenOfCall } from './version-token.js'

/** A CMK that may encrypt and decrypt. */
export interface JudgedKey {
  readonly cmk: Cmk
  readonly form: EncryptionForm
}

/** The same, and the token of the version that encrypts. */
export interface EncryptionKey extends JudgedKey {
  readonly token: Token
}

/** Which CMK is wanted. */
export interface KeyWish {
  readonly reference: string
  readonly grantable?: GrantOperation
  readonly judge?: (cmk: Cmk) => EncryptionForm
}

/**
 * Finds the CMK that is to decrypt, and judges its state, its kind and its keystore. Its token depends on the version that a
 * ciphertext names.
 *
 * @throws KmsError of {@link loadCmk} and of `judge`; KMS.0340
 */
export async function loadDecryptionKey(
  service: Service,
  call: ProjectCall,
  wish: KeyWish,
): Promise<JudgedKey> {
  const key = await loadJudged(service, call, wish)
  // Whoever's keystore is disabled hears that, and not what is wrong with a ciphertext that nothing opens now.
  await service.tokens.of(key.cmk.keystoreId)
  return key
}

/**
 * Finds the CMK that is to encrypt, judges its state and its kind, and finds its token.
 *
 * @throws KmsError of {@link loadCmk} and of `judge`; KMS.0340
 */
export async function loadEncryptionKey(
  service: Service,
  call: ProjectCall,
  wish: KeyWish,
): Promise<EncryptionKey> {
  const { cmk, form } = await loadJudged(service, call, wish)
  return { cmk, form, token: await tokenOfCall(service, call, cmk) }
}

async function loadJudged(
  service: Service,
  call: ProjectCall,
  { reference, grantable, judge = requireEncryption }: KeyWish,
): Promise<JudgedKey> {
  const cmk = await loadCmk(service, call, reference, grantable)
  return { cmk, form: judge(cmk) }
}
