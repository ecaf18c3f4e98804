import {
  type KeyObject,
  constants,
  createHash,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/*
 * RSA signatures of a digest, for the in-memory HSM: node:crypto signs messages only, so the encoding is done here and
 * the exponentiation there. Test support: the service never runs this.
 */

/** DER of DigestInfo up to the digest, RFC 8017 section 9.2 note 1. */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/** RSASSA-PKCS1-v1_5 of a digest, RFC 8017 section 8.2.1. */
export function signPkcs1(key: KeyObject, hash: string, digest: Uint8Array): Uint8Array {
  return privateEncrypt(
    { key, padding: constants.RSA_PKCS1_PADDING },
    Buffer.from(digestInfo(hash, digest)),
  )
}

/** RFC 8017 section 8.2.2. */
export function verifyPkcs1(
  key: KeyObject,
  hash: string,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  // Without its leading zero it would be the same number.
  if (signature.length !== modulusBytes(key)) return false
  try {
    const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return opened.equals(digestInfo(hash, digest))
  } catch {
    return false
  }
}

/** RSASSA-PSS of a digest, RFC 8017 section 8.1.1, the salt as long as the hash. */
export function signPss(key: KeyObject, hash: string, digest: Uint8Array): Uint8Array {
  const encoded = encodePss(hash, digest, {
    salt: randomBytes(digest.length),
    bytes: modulusBytes(key),
  })
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
}

/** RFC 8017 section 8.1.2. */
export function verifyPss(
  key: KeyObject,
  hash: string,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== modulusBytes(key)) return false
  let encoded: Buffer
  try {
    encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    return false
  }
  const h = encoded.subarray(-1 - digest.length, -1)
  const masked = encoded.subarray(0, -1 - digest.length)
  const block = xor(masked, mgf1(hash, h, masked.length))
  const salt = block.subarray(-digest.length)
  // The one encoding of this salt is the one that was signed, or the signature is wrong.
  return timingSafeEqual(encoded, encodePss(hash, digest, { salt, bytes: encoded.length }))
}

/** EMSA-PSS, RFC 8017 section 9.1.1, for a modulus of whole bytes. */
function encodePss(
  hash: string,
  digest: Uint8Array,
  { salt, bytes }: { readonly salt: Uint8Array; readonly bytes: number },
): Buffer {
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const block = Buffer.alloc(bytes - h.length - 1)
  block[block.length - salt.length - 1] = 1
  block.set(salt, block.length - salt.length)
  const masked = xor(block, mgf1(hash, h, block.length))
  masked.writeUInt8(masked.readUInt8(0) & 0x7f, 0)
  return Buffer.concat([masked, h, Buffer.of(0xbc)])
}

/** RFC 8017 appendix B.2.1. */
function mgf1(hash: string, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0, counter = 0; at < length; counter++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    const block = createHash(hash).update(seed).update(count).digest()
    blocks.push(block)
    at += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)))
}

function digestInfo(hash: string, digest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? '', 'hex'), digest])
}

function modulusBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}
