import { createRequire } from 'node:module'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'
import type * as NobleCurves from '../../packages/noble-curves.js'

/** Loaded at the first use: hardly an agent has one, and each of its threads would pay 20 ms of its start for it. */
const requireHere = createRequire(import.meta.url)

/** The curves, as their package names them. */
const CURVES = {
  'ec-p256': 'p256',
  'ec-p384': 'p384',
  'ec-p521': 'p521',
  secp256k1: 'secp256k1',
} as const

/** A curve whose signatures tell who made them. */
export type RecoverableCurve = keyof typeof CURVES

/** A digest, and its ECDSA signature r ‖ s. */
export interface SignedDigest {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
}

/** First byte of a compressed point: whether y is even or odd. SEC 1 v2.0 section 2.3.3. */
const PARITIES = [2, 3] as const

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

/** Of the point R that the signer drew, r tells x modulo the order and nothing of y: two candidates, or four. */
function candidates(
  algorithm: RecoverableCurve,
  { digest, signature }: SignedDigest,
): readonly string[] {
  const curves = requireHere('../../packages/noble-curves.cjs') as typeof NobleCurves
  const { Point } = curves[CURVES[algorithm]]
  const { Fn, Fp } = Point
  const half = signature.length / 2
  const r = BigInt(`0x${hex(signature.subarray(0, half))}`)
  const s = BigInt(`0x${hex(signature.subarray(half))}`)
  const digestNumber = Fn.create(BigInt(`0x${hex(digest)}`))
  return [r, r + Fn.ORDER].flatMap((x) =>
    PARITIES.flatMap((parity) => {
      try {
        const drawn = Point.fromBytes(Uint8Array.of(parity, ...Fp.toBytes(x)))
        const inverse = Fn.inv(r)
        const signer = drawn
          .multiplyUnsafe(Fn.mul(s, inverse))
          .add(Point.BASE.multiplyUnsafe(Fn.neg(Fn.mul(digestNumber, inverse))))
        return [hex(signer.toBytes(false))]
      } catch {
        // No point has this x coordinate, or no key made this signature.
        return []
      }
    }),
  )
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
