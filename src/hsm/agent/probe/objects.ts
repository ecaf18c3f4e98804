import pkcs11, { type Template } from 'pkcs11js'
import type { PairAlgorithm } from '../../../core/hsm-pairs.js'
import type { Profile } from '../../profile.js'
import { KWP_ANSWERS, type KwpAnswer } from '../answers.js'
import { pairRow } from '../pair-algorithms.js'
import { call } from '../pkcs11-error.js'
import type { OpenSession } from '../session.js'
import { flags } from '../template-parts.js'
import { knownKey } from '../templates.js'

/* Throw-away objects of a probe: of the session, gone with the trial that made them, and of nobody else. */

/** A session, and what is known of its token so far. */
export interface Probed {
  readonly session: OpenSession
  readonly profile: Profile
}

/** Uses of the two halves of a pair, as CKA_* numbers. */
export interface HalfUses {
  readonly publicUses: readonly number[]
  readonly privateUses: readonly number[]
  readonly extractable?: boolean
}

/** Handles of a pair. */
export interface HalfHandles {
  readonly publicKey: Buffer
  readonly privateKey: Buffer
}

const PUBLIC_USAGES = [pkcs11.CKA_ENCRYPT, pkcs11.CKA_VERIFY, pkcs11.CKA_WRAP]
const PRIVATE_USAGES = [pkcs11.CKA_DECRYPT, pkcs11.CKA_SIGN, pkcs11.CKA_UNWRAP, pkcs11.CKA_DERIVE]

/** An AES key with a known value that wraps and unwraps. */
export function knownKek(answer: KwpAnswer = KWP_ANSWERS[0]): Template {
  return knownKey({
    keyType: pkcs11.CKK_AES,
    value: answer.kek,
    usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
  })
}

/** Runs something on a pair that is generated for that alone. */
export function withPair<Result>(
  { session, profile }: Probed,
  algorithm: PairAlgorithm,
  { publicUses, privateUses, extractable = false }: HalfUses,
  run: (pair: HalfHandles) => Result,
): Result {
  const { lib, handle: open } = session
  const { keyType, mechanism, parameters } = pairRow(profile, algorithm)
  const common = [
    { type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
  ]
  const pair = call('C_GenerateKeyPair', () =>
    lib.C_GenerateKeyPair(
      open,
      { mechanism },
      [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
        ...common,
        { type: pkcs11.CKA_PRIVATE, value: false },
        ...flags(PUBLIC_USAGES, publicUses),
        ...parameters,
      ],
      [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
        ...common,
        { type: pkcs11.CKA_PRIVATE, value: true },
        { type: pkcs11.CKA_SENSITIVE, value: true },
        { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
        ...flags(PRIVATE_USAGES, privateUses),
      ],
    ),
  )
  try {
    return run(pair)
  } finally {
    for (const half of [pair.privateKey, pair.publicKey]) {
      call('C_DestroyObject', () => lib.C_DestroyObject(open, half))
    }
  }
}

/** The largest of the numbers that passes, if all below it pass too; 0 where the smallest does not. */
export function largest(
  { from, to }: { readonly from: number; readonly to: number },
  passes: (n: number) => boolean,
): number {
  if (!holds(() => passes(from))) return 0
  if (holds(() => passes(to))) return to
  let [good, bad] = [from, to]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (holds(() => passes(middle))) good = middle
    else bad = middle
  }
  return good
}

/** Whether something comes true; whatever the token answers else is a no. */
export function holds(run: () => boolean): boolean {
  try {
    return run()
  } catch {
    return false
  }
}
