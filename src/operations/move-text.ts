import { MAX_DATA_FRAME_BYTES } from '../codec/data-frame.js'
import { currentKey } from '../core/cmk.js'
import { type EncryptionAlgorithm, encryptionScheme } from '../core/encryption-algorithms.js'
import { requireTextEncryption } from '../core/key-use.js'
import { resealText } from '../core/seal-data.js'
import type { Service } from '../core/service.js'
import { type CipherSource, decryptText, findText } from './cipher-source.js'
import { encrypt } from './encrypt-data.js'
import { type EncryptionKey, type JudgedKey, loadEncryptionKey } from './load-encryption-key.js'
import type { ProjectCall } from './operation.js'
import { tokenHolding } from './version-token.js'
import { readBase64 } from './read-base64.js'

/** What ciphertext is moved from and to. */
export interface Move {
  readonly cipherText: string
  readonly source: Omit<CipherSource, 'bytes'>
  readonly destination: {
    readonly keyReference: string
    readonly algorithm: EncryptionAlgorithm
    readonly context: Uint8Array
  }
}

/** New ciphertext, and the keys of the old and of the new one. */
export interface Moved {
  readonly from: JudgedKey
  readonly to: EncryptionKey
  readonly bytes: Uint8Array
}

/**
 * Moves an encrypted text to another key. Between symmetric keys of one token the service does not see the text; under
 * RSA and between two tokens it passes through its memory, which is zeroed.
 */
export async function moveText(
  service: Service,
  call: ProjectCall,
  { cipherText, source, destination }: Move,
): Promise<Moved> {
  const bytes = readBase64(cipherText, {
    field: 'cipher_text',
    max: MAX_DATA_FRAME_BYTES,
    code: 'KMS.2201',
  })
  const found = await findText(service, call, { ...source, bytes })
  const from = found.key
  const to = await loadEncryptionKey(service, call, {
    reference: destination.keyReference,
    judge: requireTextEncryption,
  })
  const { algorithm, context } = destination
  const scheme = encryptionScheme(algorithm, to.form)
  if ('sealed' in found && scheme === 'frame') {
    const { hsm } = await tokenHolding(service, from.cmk, found.sealed.key.version)
    if (hsm === to.token.hsm) {
      const key = currentKey(to.cmk)
      const request = { from: found.sealed, to: { key, context } }
      return { from, to, bytes: await resealText(hsm, request) }
    }
  }
  // The audit log names the key that the text is moved to, and its version.
  const text = await decryptText(service, { trace: { keyId: undefined } }, found)
  try {
    return { from, to, bytes: await encrypt(to, { algorithm, text, context }) }
  } finally {
    text.fill(0)
  }
}
