import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { KmsError } from '../core/errors.js'

/** Any parameters and any case: the SDKs write `;charset=UTF-8` in most calls. */
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i

/** Members of a JSON object, none of which is null. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Parses the body of an operation: one JSON object in UTF-8. A member that is null counts as absent.
 *
 * @throws KmsError KMS.0214 for another media type, KMS.0202 for anything but a JSON object
 */
export function parseBody(headers: IncomingHttpHeaders, bytes: Uint8Array): JsonObject {
  if (bytes.length === 0) throw notJson('The body is empty: it must be a JSON object.')
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw new KmsError('KMS.0214', 'Content-Type must be application/json.')
  }
  if (!isUtf8(bytes)) throw notJson('The body must be UTF-8 text.')
  const value = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  if (!isObject(value)) throw notJson('The body must be a JSON object, not another kind of value.')
  for (const name in value) if (value[name] === null) Reflect.deleteProperty(value, name)
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser quotes what it stumbled over, which may be key material: it is not even passed on as the cause.
    throw notJson('The body is not valid JSON.')
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function notJson(sentence: string): KmsError {
  return new KmsError('KMS.0202', sentence)
}
