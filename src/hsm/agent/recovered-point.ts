import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'

const CURVES = { 'ec-p256': p256, 'ec-p384': p384, 'ec-p521': p521, secp256k1 } as const

/** A curve whose signatures tell who made them. */
export type RecoverableCurve = keyof typeof CURVES

/** A digest, and its ECDSA signature r ‖ s. */
export interface SignedDigest {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
}

/** r is the x coordinate of one of two points, and of two more where it was reduced by the order of the curve. */
const RECOVERY_BITS = [0, 1, 2, 3] as const

export function isRecoverable(algorithm: PairAlgorithm): algorithm is RecoverableCurve {
  return algorithm in CURVES
}

/**
 * The public key that made all of some signatures, as an uncompressed point 04 ‖ x ‖ y. SEC 1 v2.0 section 4.1.6.
 *
 * One signature leaves two candidates or more, a second one by the same key leaves one. Nothing where no key, or more
 * than one, fits. Everything here is public, so it need not take constant time.
 */
export function recoverPoint(
  algorithm: RecoverableCurve,
  signed: readonly SignedDigest[],
): Buffer | undefined {
  const [first = [], ...others] = signed.map((one) => candidates(algorithm, one))
  const common = first.filter((point) => others.every((points) => points.includes(point)))
  const [point] = common
  return point !== undefined && common.length === 1 ? Buffer.from(point, 'hex') : undefined
}

function candidates(
  algorithm: RecoverableCurve,
  { digest, signature }: SignedDigest,
): readonly string[] {
  return RECOVERY_BITS.flatMap((bit) => {
    try {
      const whole = CURVES[algorithm].Signature.fromCompact(signature).addRecoveryBit(bit)
      return [whole.recoverPublicKey(digest).toHex(false)]
    } catch {
      // No point has this x coordinate, or the signature is none.
      return []
    }
  })
}
