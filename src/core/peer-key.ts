import { ECDH } from 'node:crypto'
import { KmsError } from './errors.js'
import type { KeySpec } from './key-specs.js'

interface Curve {
  /** Name of the curve in OpenSSL. */
  readonly name: string
  /** Bytes of a coordinate. */
  readonly bytes: number
  /** DER AlgorithmIdentifier: id-ecPublicKey and the OID of the curve (RFC 5480 section 2.1.1). */
  readonly algorithm: string
}

/** Curves that keys agree on secrets over. */
const CURVES: Partial<Record<KeySpec, Curve>> = {
  EC_P256: {
    name: 'prime256v1',
    bytes: 32,
    algorithm: '301306072a8648ce3d020106082a8648ce3d030107',
  },
  EC_P384: { name: 'secp384r1', bytes: 48, algorithm: '301006072a8648ce3d020106052b81040022' },
  SECP256K1: { name: 'secp256k1', bytes: 32, algorithm: '301006072a8648ce3d020106052b8104000a' },
}

/**
 * Reads the public key of a peer (DER SubjectPublicKeyInfo) and returns its uncompressed point, proven to be on the
 * curve of the key that is to agree with it: a point on another curve would make the token give its private key away
 * bit by bit (SP 800-56A section 5.6.2.3.3).
 *
 * The frame of the key is compared here, byte by byte, with the one that a key on this curve has, and OpenSSL sees the
 * point alone: Node 20 ends the whole process when it is asked for the details of a key whose point is at infinity.
 *
 * @throws KmsError KMS.0308
 */
export function readPeerPoint(der: Uint8Array, spec: KeySpec): Uint8Array {
  const curve = CURVES[spec]
  if (!curve) throw new KmsError('KMS.0308', `Keys of ${spec} do not agree on secrets here.`)
  const point = pointOf(der, curve)
  if (!point) {
    throw new KmsError(
      'KMS.0308',
      `public_key must be base64 of a DER SubjectPublicKeyInfo on the named curve of the key, ${spec}.`,
    )
  }
  return onCurve(point, curve)
}

/** The point of a key on this curve, compressed or not; nothing for any other bytes. */
function pointOf(der: Uint8Array, { bytes, algorithm }: Curve): Uint8Array | undefined {
  const algorithmBytes = Buffer.from(algorithm, 'hex')
  for (const length of [1 + 2 * bytes, 1 + bytes]) {
    const bits = Buffer.of(0x03, 1 + length, 0x00)
    const content = algorithmBytes.length + bits.length + length
    const front = Buffer.concat([Buffer.of(0x30, content), algorithmBytes, bits])
    const fits = der.length === front.length + length
    if (fits && front.equals(der.subarray(0, front.length))) return der.subarray(front.length)
  }
  return undefined
}

function onCurve(point: Uint8Array, { name }: Curve): Uint8Array {
  try {
    // Takes no encoding, so it gives bytes; OpenSSL refuses a point that is not on the curve (EC_POINT_oct2point).
    const uncompressed = ECDH.convertKey(point, name, undefined, undefined, 'uncompressed')
    return typeof uncompressed === 'string' ? Buffer.from(uncompressed, 'latin1') : uncompressed
  } catch (error) {
    throw new KmsError('KMS.0308', 'The point of public_key is not on its curve.', {
      cause: error,
    })
  }
}
