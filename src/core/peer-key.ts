import { type KeyObject, createPublicKey } from 'node:crypto'
import { KmsError } from './errors.js'
import type { KeySpec } from './key-specs.js'

const UNCOMPRESSED = 0x04

/** Curves that keys agree on secrets over, by the names of OpenSSL, and the bytes of a coordinate. */
const CURVES: Partial<Record<KeySpec, { readonly name: string; readonly bytes: number }>> = {
  EC_P256: { name: 'prime256v1', bytes: 32 },
  EC_P384: { name: 'secp384r1', bytes: 48 },
  SECP256K1: { name: 'secp256k1', bytes: 32 },
}

/**
 * Reads the public key of a peer (DER SubjectPublicKeyInfo) and returns its uncompressed point, proven to be on the
 * curve of the key that is to agree with it: a point on another curve would make the token give its private key away
 * bit by bit (SP 800-56A section 5.6.2.3.3). OpenSSL proves it when it reads the key.
 *
 * @throws KmsError KMS.0308
 */
export function readPeerPoint(der: Uint8Array, spec: KeySpec): Uint8Array {
  const curve = CURVES[spec]
  if (!curve) throw new KmsError('KMS.0308', `Keys of ${spec} do not agree on secrets here.`)
  const key = parse(der)
  // A curve whose parameters are spelled out has no name, and is refused whatever they are.
  if (key.asymmetricKeyDetails?.namedCurve !== curve.name) throw wrongKey(spec)
  const { x, y } = key.export({ format: 'jwk' })
  const coordinates = [x, y].map((text) => Buffer.from(text ?? '', 'base64url'))
  if (coordinates.some(({ length }) => length !== curve.bytes)) throw wrongKey(spec)
  return Buffer.concat([Buffer.of(UNCOMPRESSED), ...coordinates])
}

function parse(der: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
  } catch (error) {
    throw new KmsError(
      'KMS.0308',
      'public_key must be base64 of a DER SubjectPublicKeyInfo whose point is on its curve.',
      { cause: error },
    )
  }
}

function wrongKey(spec: KeySpec): KmsError {
  return new KmsError('KMS.0308', `public_key must be on the named curve of the key, ${spec}.`)
}
