import type { Vector } from '../../core/hsm-assessment.js'

/** Algorithms that published vectors are judged for. */
export const VECTOR_ALGORITHMS = ['kwp', 'gcm', 'hmac', 'rsa-pss', 'rsa-pkcs', 'ecdsa'] as const

/** One of {@link VECTOR_ALGORITHMS}. */
export type VectorAlgorithm = (typeof VECTOR_ALGORITHMS)[number]

/** A published vector: a question to the token, and what is published of its answer. */
export interface VectorCase {
  readonly algorithm: VectorAlgorithm
  /** File that it is from, without a folder. */
  readonly source: string
  /** Its name within the file, e.g. `test 17`. */
  readonly name: string
  /** The question; or why it never reaches the token: the service refuses it before, or does not use the algorithm so. */
  readonly question: Vector | { readonly refused: string } | { readonly unsupported: string }
  /** What is published as the answer; of a signature nothing. A MAC that is cut short is compared as far as it goes. */
  readonly expected: Uint8Array | undefined
  /** `acceptable`: the answer may be given or refused, but never be another one. */
  readonly validity: 'valid' | 'invalid' | 'acceptable'
}

/** A text file that may hold vectors. */
export interface VectorFile {
  /** Without a folder. */
  readonly name: string
  readonly text: string
}

/** Bytes of a hexadecimal text. */
export function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
