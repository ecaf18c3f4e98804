import { type KeyObject, createPrivateKey, createPublicKey, randomInt } from 'node:crypto'
import { RSA_PRIMES } from './rsa-primes.js'

const EXPONENT = 65537n

/** Of the pairs of primes of a length, the place of the one that comes next. */
const places = new Map<number, number>()

/**
 * An RSA pair of 2048, 3072 or 4096 bits, out of primes that everybody knows: looking for new ones takes OpenSSL a third
 * of a second and more, hundreds of times in a run of all tests.
 */
export function rsaPair(bits: number): {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
} {
  const [p, q] = twoPrimes(bits / 2)
  // FIPS 186-5 appendix A.1.1: the least common multiple, where others take the product.
  const d = inverse(EXPONENT, ((p - 1n) * (q - 1n)) / commonDivisor(p - 1n, q - 1n))
  const numbers = {
    n: p * q,
    e: EXPONENT,
    d,
    p,
    q,
    dp: d % (p - 1n),
    dq: d % (q - 1n),
    qi: inverse(q, p),
  }
  const members = Object.entries(numbers).map(([name, value]) => [name, base64Url(value)] as const)
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: { kty: 'RSA', ...Object.fromEntries(members) },
  })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

/** Other two each time until all are used, from a place on that differs from suite to suite. */
function twoPrimes(bits: number): readonly [bigint, bigint] {
  const primes = (RSA_PRIMES[bits] ?? []).map(fromBase64Url)
  const pairs = primes.flatMap((p, index) => primes.slice(0, index).map((q) => [p, q] as const))
  if (pairs.length === 0) throw new RangeError(`There are no primes of ${bits} bits for tests.`)
  const place = places.get(bits) ?? randomInt(pairs.length)
  places.set(bits, (place + 1) % pairs.length)
  return pairs[place] ?? twoPrimes(bits)
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b)
}

/** The inverse of a number by a modulus that it shares no factor with. */
function inverse(number: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n]
  while (a > 1n) {
    const quotient = a / b
    ;[a, b] = [b, a % b]
    ;[x, y] = [y, x - quotient * y]
  }
  return ((x % modulus) + modulus) % modulus
}

function fromBase64Url(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
}

function base64Url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}
