import { lackOf, limits } from '../../support/lacks.js'
import type { Case } from './case.js'

/** What the API says of a pair that the token cannot wrap. */
export const LACKS_WRAPPED_PAIRS = 'KMS.1902'

/** Why the chosen token cannot do a case: private keys that come in or go out wrapped are more than every token does. */
export function lackOfCase({
  operation,
  given,
  code,
}: Pick<Case, 'operation' | 'given' | 'code'>): string | undefined {
  if (given !== undefined && /\bpair\b/.test(given)) {
    return lackOf('imports of pairs', limits.imports.includes('pairs'))
  }
  return code === undefined ? lackOfWrappedPairs(operation) : undefined
}

/** Why the chosen token cannot do an operation on pairs that leave it wrapped. */
export function lackOfWrappedPairs(operation: string): string | undefined {
  return /Datakey[a-z]*Pair$/i.test(operation)
    ? lackOf('wrapped pairs', limits.maxPairBytes > 0)
    : undefined
}
