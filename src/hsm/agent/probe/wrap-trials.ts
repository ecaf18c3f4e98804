import { createPrivateKey, randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import type { Padding } from '../../probe/protocol.js'
import { KWP_ANSWERS, type KwpAnswer } from '../answers.js'
import { KeyWrap, WRAP_OVERHEAD_BYTES } from '../key-wrap.js'
import { TokenError } from '../pkcs11-error.js'
import { generatedSecret, wrappableSecret } from '../templates.js'
import { type Probed, holds, knownKek, largest, withPair } from './objects.js'

const LONGEST_SECRET = 1024
const SHORTEST_SECRET = 32
const LONGEST_PAIR = 4096

/**
 * Wraps every known secret, and tells from the bytes which padding it was. Some mechanisms refuse odd lengths: only where
 * the first secret, of 8 bytes, is refused, there is nothing to tell.
 */
export function paddingTrial(probed: Probed): Padding {
  const [first, ...others] = KWP_ANSWERS
  const seen = [seenOf(probed, first), ...others.map((answer) => seenOrNone(probed, answer))]
  for (const padding of ['exact', 'zero-padded'] as const) {
    if (seen.every((one) => one === 'either' || one === padding)) return padding
  }
  return seen.includes('pkcs7') ? 'pkcs7' : 'other'
}

type Seen = Padding | 'either' | undefined

function seenOf({ session, profile }: Probed, answer: KwpAnswer): Seen {
  const keyWrap = new KeyWrap(session, profile)
  const wrapped = keyWrap.withObject(knownKek(answer), (kek) =>
    keyWrap.withObject(wrappableSecret(answer.secret), (secret) => keyWrap.wrap(kek, secret)),
  )
  if (wrapped.equals(answer.exact)) return wrapped.equals(answer.zeroPadded) ? 'either' : 'exact'
  if (wrapped.equals(answer.zeroPadded)) return 'zero-padded'
  // PKCS#7 adds a block to what is a multiple of one.
  return wrapped.length > answer.exact.length ? 'pkcs7' : 'other'
}

function seenOrNone(probed: Probed, answer: KwpAnswer): Seen {
  try {
    return seenOf(probed, answer)
  } catch (error) {
    if (error instanceof TokenError && error.radius === 'request') return undefined
    throw error
  }
}

/** Unwraps a known secret and reads it. */
export function unwrapTrial({ session, profile }: Probed): boolean {
  const keyWrap = new KeyWrap(session, profile)
  return KWP_ANSWERS.every((answer) =>
    keyWrap.withObject(knownKek(answer), (kek) =>
      keyWrap.unwrap(kek, answer.exact).equals(answer.secret),
    ),
  )
}

/** Changed bytes of the lengths that data keys have: one library is known to die of some of them. */
export function integrityTrial({ session, profile }: Probed): boolean {
  const keyWrap = new KeyWrap(session, profile)
  return KWP_ANSWERS.every((answer) => {
    const changed = Buffer.from(answer.exact)
    changed.writeUInt8(changed.readUInt8(0) ^ 1, 0)
    return keyWrap.withObject(
      knownKek(answer),
      (kek) => !holds(() => keyWrap.unwrap(kek, changed).length >= 0),
    )
  })
}

export function longestSecretTrial({ session, profile }: Probed): number {
  const keyWrap = new KeyWrap(session, {
    ...profile,
    keyWrap: { ...profile.keyWrap, maxSecretBytes: LONGEST_SECRET },
  })
  return largest({ from: SHORTEST_SECRET, to: LONGEST_SECRET }, (length) => {
    const secret = Buffer.from(randomBytes(length))
    return keyWrap.withObject(knownKek(), (kek) => {
      const given = keyWrap.withObject(wrappableSecret(secret), (object) =>
        keyWrap.wrap(kek, object),
      )
      const made = keyWrap.withGenerated(generatedSecret(length), (object) =>
        keyWrap.wrap(kek, object),
      )
      const back = keyWrap.unwrap(kek, given).subarray(0, length)
      const same = back.equals(secret)
      return same && keyWrap.unwrap(kek, made).length >= length
    })
  })
}

export function shortestSecretTrial({ session, profile }: Probed): number {
  const keyWrap = new KeyWrap(session, profile)
  for (let length = 1; length < SHORTEST_SECRET; length += 1) {
    if (holds(() => keyWrap.withGenerated(generatedSecret(length), () => true))) return length
  }
  return SHORTEST_SECRET
}

/** A private key must come back as PKCS#8, and a secret as long as that of RSA-4096 and longer. */
export function longestPairTrial(probed: Probed): number {
  const { session, profile } = probed
  const keyWrap = new KeyWrap(session, {
    ...profile,
    keyWrap: { ...profile.keyWrap, maxPairBytes: LONGEST_PAIR },
  })
  const comesBack = holds(() =>
    keyWrap.withObject(knownKek(), (kek) => {
      const uses = { publicUses: [], privateUses: [], extractable: true }
      const wrapped = withPair(probed, 'rsa-2048', uses, ({ privateKey }) =>
        keyWrap.wrap(kek, privateKey),
      )
      const pkcs8 = keyWrap.unwrap(kek, wrapped)
      try {
        return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).type === 'private'
      } finally {
        pkcs8.fill(0)
      }
    }),
  )
  if (!comesBack) return 0
  return largest({ from: 2400, to: LONGEST_PAIR }, (length) => {
    const secret = Buffer.alloc(8 * Math.ceil(length / 8), 0x33)
    return keyWrap.withObject(knownKek(), (kek) => {
      const wrapped = keyWrap.withObject(wrappableSecret(secret), (object) =>
        keyWrap.wrap(kek, object),
      )
      return (
        wrapped.length === secret.length + WRAP_OVERHEAD_BYTES &&
        keyWrap.unwrap(kek, wrapped).equals(secret)
      )
    })
  })
}

/** Whether a known key that is not extractable stays in: it is neither wrapped nor copied to one that is. */
export function extractableTrial({ session, profile }: Probed): boolean {
  const keyWrap = new KeyWrap(session, profile)
  const { lib, handle: open } = session
  return keyWrap.withObject(knownKek(), (kek) =>
    keyWrap.withObject(knownKek(), (secret) => {
      if (holds(() => keyWrap.wrap(kek, secret).length >= 0)) return false
      const looser = [
        { type: pkcs11.CKA_TOKEN, value: false },
        { type: pkcs11.CKA_EXTRACTABLE, value: true },
      ]
      return !holds(() => keyWrap.within(lib.C_CopyObject(open, secret, looser), () => true))
    }),
  )
}
