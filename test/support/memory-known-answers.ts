import { createHmac } from 'node:crypto'
import type { KnownAnswer } from '../../src/core/hsm-inspection.js'
import { unwrapPadded, wrapPadded } from './memory-keys.js'

/** RFC 5649 section 6. */
const RFC5649_KEK = '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8'
const RFC5649 = [
  {
    test: 'RFC 5649, 20 bytes',
    secret: 'c37b7e6492584340bed12207808941155068f738',
    wrapped: '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
  },
  {
    test: 'RFC 5649, 7 bytes',
    secret: '466f7250617369',
    wrapped: 'afbeb0f07dfbf5419200f2ccb50bb24f',
  },
] as const

/** RFC 4231 section 4.3. */
const HMAC = {
  test: 'RFC 4231, test case 2',
  key: 'Jefe',
  message: 'what do ya want for nothing?',
  mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
} as const

/** Runs the known-answer tests of the in-memory HSM. */
export function knownAnswersOf(): readonly KnownAnswer[] {
  const kek = Buffer.from(RFC5649_KEK, 'hex')
  return [
    ...RFC5649.flatMap(({ test, secret, wrapped }) => [
      compare(`${test}, wrap`, wrapPadded(kek, Buffer.from(secret, 'hex')), wrapped),
      compare(`${test}, unwrap`, unwrapPadded(kek, Buffer.from(wrapped, 'hex')), secret),
    ]),
    compare(HMAC.test, createHmac('sha256', HMAC.key).update(HMAC.message).digest(), HMAC.mac),
  ]
}

function compare(test: string, actual: Uint8Array, expected: string): KnownAnswer {
  const passed = Buffer.from(actual).toString('hex') === expected
  return { test, passed, detail: passed ? 'The answer is the known one.' : 'Another answer.' }
}
