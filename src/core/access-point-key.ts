import { type ECDH, createECDH } from 'node:crypto'
import { HsmError, type Randomness } from './hsm.js'
import type { AccessPoint } from './key-space.js'
import {
  type CredentialSealing,
  type RecordOwner,
  openStoredRecord,
  sealRecord,
} from './sealed-record.js'

const CURVE = 'prime256v1'
const SCALAR_BYTES = 32

/*
 * A P-256 key has one DER form but for its numbers, so they are put into it:
 * SubjectPublicKeyInfo (RFC 5480 section 2) = PUBLIC_PREFIX ‖ point, and
 * PrivateKeyInfo (RFC 5208 section 5, RFC 5915 section 3) = PRIVATE_PREFIX ‖ scalar ‖ POINT_PREFIX ‖ point.
 */
const PUBLIC_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')
const PRIVATE_PREFIX = Buffer.from(
  '308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420',
  'hex',
)
const POINT_PREFIX = Buffer.from('a144034200', 'hex')

/** The pair of a custom access point. */
export interface AccessPointPair {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** PKCS#8, sealed. */
  readonly sealedPrivateKey: Uint8Array
}

type Owner = Pick<AccessPoint, 'id' | 'projectId'>

/**
 * Makes the P-256 pair of a custom access point from the token's generator. Its private half is made to be handed out,
 * so it rests as a sealed record and not as an object on the token.
 */
export async function generateAccessPointPair(
  parts: { readonly random: Randomness; readonly sealing: CredentialSealing },
  owner: Owner,
): Promise<AccessPointPair> {
  const { scalar, point } = await drawScalar(parts.random)
  const secret = Buffer.concat([PRIVATE_PREFIX, scalar, POINT_PREFIX, point])
  try {
    return {
      publicKey: Buffer.concat([PUBLIC_PREFIX, point]),
      sealedPrivateKey: await sealRecord(parts.sealing, { owner: accessPointOwner(owner), secret }),
    }
  } finally {
    scalar.fill(0)
    secret.fill(0)
  }
}

/** Opens the private half, PKCS#8. The caller zeroes it. */
export function openAccessPointKey(
  sealing: CredentialSealing,
  request: { readonly owner: Owner; readonly sealedPrivateKey: Uint8Array },
): Promise<Uint8Array> {
  const { owner, sealedPrivateKey } = request
  return openStoredRecord(sealing, { owner: accessPointOwner(owner), record: sealedPrivateKey })
}

/** Whose secret the sealed record of an access point is. */
export function accessPointOwner({ id, projectId }: Owner): RecordOwner {
  return { purpose: 'access point key', identity: [id, projectId] }
}

/** One draw in four thousand million is no scalar of the curve; two in a row mean a broken generator. */
const MAX_DRAWS = 2

async function drawScalar(
  random: Randomness,
): Promise<{ readonly scalar: Uint8Array; readonly point: Uint8Array }> {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const scalar = await random.random(SCALAR_BYTES)
    const pair = pairOf(scalar)
    if (pair) return { scalar, point: pair.getPublicKey() }
    scalar.fill(0)
  }
  throw new HsmError('fault', "The token's random bytes are not random: they make no private key.")
}

/** FIPS 186-5 appendix A.2.2: a draw outside 1 .. n-1 is thrown away. */
function pairOf(scalar: Uint8Array): ECDH | undefined {
  const pair = createECDH(CURVE)
  try {
    pair.setPrivateKey(scalar)
    return pair
  } catch {
    return undefined
  }
}
