import { type KeyObject, checkPrimeSync, createPrivateKey, randomBytes } from 'node:crypto'

/** F4, as usual. */
const EXPONENT = 65537n
/** Leading bits of both primes that are one. */
const PREFIX_BITS = 64
/** Odd numbers that are sieved after one random start; a prime of 2048 bits is one in 710 of them. */
const WINDOW = 1 << 14
const SIEVE_LIMIT = 1 << 14

/**
 * Makes an RSA key whose modulus of `bytes` bytes is larger than any that a token would generate: both primes begin with
 * 64 one bits, so it is at least 2^k·(1 − 2^-63), and a random modulus of k bits is above that with a chance of 2^-62.
 *
 * The key guards nothing: it carries bytes into OpenSSL and out again within one process. Only so may it be made here,
 * with numbers whose memory nobody can overwrite.
 */
export function makeThrowAwayPair(bytes: number): KeyObject {
  const bits = 4 * bytes
  const p = findPrime(bits)
  let q = findPrime(bits)
  while (q === p) q = findPrime(bits)
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n) }
  const fields = { ...numbers, qi: inverse(q, p) }
  const jwk = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, base64url(value)]),
  )
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
}

/** The first prime after a random start, of those that fit the exponent. */
function findPrime(bits: number): bigint {
  for (;;) {
    const start = randomStart(bits)
    const composite = sieve(start)
    for (let step = 0; step < WINDOW; step++) {
      if (composite[step] === 1) continue
      const candidate = start + 2n * BigInt(step)
      if ((candidate - 1n) % EXPONENT !== 0n && checkPrimeSync(candidate)) return candidate
    }
  }
}

/** An odd number of `bits` bits, of which the first 64 are one and the rest random. */
function randomStart(bits: number): bigint {
  const bytes = randomBytes(bits / 8).fill(0xff, 0, PREFIX_BITS / 8)
  return BigInt(`0x${bytes.toString('hex')}`) | 1n
}

/** Marks which of start, start + 2, start + 4 … have a small divisor: that spares most of the costly tests. */
function sieve(start: bigint): Uint8Array {
  const composite = new Uint8Array(WINDOW)
  for (const prime of SMALL_PRIMES) {
    const rest = Number(start % BigInt(prime))
    // start + 2·step ≡ 0, so step ≡ −rest / 2 modulo the prime.
    const first = (((prime - rest) % prime) * ((prime + 1) / 2)) % prime
    for (let step = first; step < WINDOW; step += prime) composite[step] = 1
  }
  return composite
}

const SMALL_PRIMES: readonly number[] = oddPrimesBelow(SIEVE_LIMIT)

function oddPrimesBelow(limit: number): number[] {
  const composite = new Uint8Array(limit)
  const primes: number[] = []
  for (let number = 3; number < limit; number += 2) {
    if (composite[number] === 1) continue
    primes.push(number)
    for (let multiple = number * number; multiple < limit; multiple += number) {
      composite[multiple] = 1
    }
  }
  return primes
}

/** Inverse by the extended Euclidean algorithm; the two have no common divisor. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [previous, current] = [modulus, value % modulus]
  let [before, after] = [0n, 1n]
  while (current !== 0n) {
    const quotient = previous / current
    ;[previous, current] = [current, previous - quotient * current]
    ;[before, after] = [after, before - quotient * after]
  }
  return ((before % modulus) + modulus) % modulus
}

function base64url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
