import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'

const ENCODINGS = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const

/** What may be asked of a pair. */
export interface PairWish {
  readonly namedCurve?: string
  readonly paramEncoding?: 'explicit'
  readonly modulusLength?: number
  readonly publicExponent?: number
}

/**
 * A new pair, by way of its encoding: objects that `generateKeyPairSync` returns share a lock with what made them, and
 * Node.js 20 waits for itself forever where that becomes garbage while one of them is exported as a JWK.
 */
export function freshPair(
  type: 'ec' | 'rsa' | 'ed25519' | 'x25519',
  wish: PairWish = {},
): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  // The options of one type are declared apart from those of another.
  const generate = generateKeyPairSync as unknown as (
    type: string,
    options: object,
  ) => { readonly privateKey: Buffer }
  const pkcs8 = generate(type, { ...wish, ...ENCODINGS }).privateKey
  const privateKey = createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
