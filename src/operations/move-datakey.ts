import { decodeDatakeyFrame } from '../codec/datakey-frame.js'
import { decodeHex } from '../codec/hex.js'
import { currentKey } from '../core/cmk.js'
import { requireNoContext } from '../core/context-bytes.js'
import { encryptionScheme } from '../core/encryption-algorithms.js'
import { KmsError } from '../core/errors.js'
import { requireTextEncryption } from '../core/key-use.js'
import { readFrame } from '../core/read-frame.js'
import { requireRsaDatakey } from '../core/rsa-datakey.js'
import { encryptUnderRsa } from '../core/rsa-encryption.js'
import { rewrapDatakey, sealDatakey } from '../core/seal.js'
import type { Service } from '../core/service.js'
import { type EncryptionKey, loadDecryptionKey, loadEncryptionKey } from './load-encryption-key.js'
import type { Move, Moved } from './move-text.js'
import type { ProjectCall } from './operation.js'
import { openWrapped, parseClearLength, readDatakey } from './read-datakey.js'
import { tokenHolding } from './version-token.js'

/**
 * Moves a wrapped data key to another key. Between symmetric keys of one token the data key never leaves it; under RSA
 * and between two tokens it passes through the memory of the service, which is zeroed.
 */
export async function moveDatakey(
  service: Service,
  call: ProjectCall,
  request: Move & { readonly length: string | number },
): Promise<Moved> {
  const { source, destination } = request
  const length = parseClearLength(request.length)
  const bytes = decodeHex(request.cipherText)
  if (!bytes) throw new KmsError('KMS.2201', 'cipher_text of a data key must be hexadecimal.')
  const judge = requireTextEncryption
  const reference = source.keyReference ?? namedKey(source, bytes)
  const from = await loadDecryptionKey(service, call, { reference, judge })
  const wrapped = readDatakey(from, {
    bytes,
    length,
    context: source.context,
    scheme: encryptionScheme(source.algorithm, from.form),
  })
  const to = await loadEncryptionKey(service, call, {
    reference: destination.keyReference,
    judge,
  })
  const { context } = destination
  const scheme = encryptionScheme(destination.algorithm, to.form)
  if ('sealed' in wrapped && scheme === 'frame') {
    const { sealed } = wrapped
    const token = await tokenHolding(service, from.cmk, sealed.frame.keyVersion)
    if (token.hsm === to.token.hsm) {
      const moving = { from: sealed, to: { key: currentKey(to.cmk), context } }
      return { from, to, bytes: await rewrapDatakey(token, moving) }
    }
  }
  if (scheme === 'frame') requireWrappable(to, length)
  else requireRsaDatakey(length)
  // The audit log names the key that the data key is moved to, and its version.
  const dek = await openWrapped(service, { trace: { keyId: undefined } }, wrapped)
  try {
    const key = currentKey(to.cmk)
    if (scheme === 'frame') {
      const form = 'sealed' in wrapped ? wrapped.sealed.frame.form : 'datakey'
      return { from, to, bytes: await sealDatakey(to.token, { key, dek, context, form }) }
    }
    requireNoContext(context)
    return {
      from,
      to,
      bytes: await encryptUnderRsa(to.token.hsm, { key, hash: scheme, text: dek }),
    }
  } finally {
    dek.fill(0)
  }
}

/** The key that a frame names. */
function namedKey({ algorithm, field }: Move['source'], bytes: Uint8Array): string {
  if (algorithm === 'SYMMETRIC_DEFAULT') return readFrame(bytes, decodeDatakeyFrame).keyId
  throw new KmsError('KMS.0204', `${field} is missing: an asymmetric ciphertext names no key.`)
}

function requireWrappable({ token }: EncryptionKey, length: number): void {
  const { maxSecretBytes } = token.hsm.limits
  if (length <= maxSecretBytes) return
  throw new KmsError(
    'KMS.2202',
    `The destination key is on another HSM token, of its own keystore or of another, which wraps up to ${maxSecretBytes} bytes.`,
  )
}
