import { KmsError } from '../core/errors.js'
import type { JsonObject } from './parse-body.js'

/**
 * Parses what stands behind the question mark of a request target; a parameter without a value counts as absent, as
 * SDKs send those that were not set.
 *
 * @throws KmsError KMS.0308 for a parameter that is given twice: one of its values would have to be ignored
 */
export function parseQuery(url: string): JsonObject {
  const start = url.indexOf('?')
  const query: Record<string, string> = {}
  if (start < 0) return query
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (value === '') continue
    if (Object.hasOwn(query, name)) {
      throw new KmsError('KMS.0308', 'A parameter of the query is given more than once.')
    }
    Object.defineProperty(query, name, { value, enumerable: true })
  }
  return query
}
