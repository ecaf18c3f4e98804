import type { OpenSession } from './session.js'
import { TokenError, call } from './pkcs11-error.js'

/**
 * Reads attributes of an object in one call: a value for each, in the order asked for, empty where the token gives none.
 * Whoever reads a secret one overwrites it.
 */
export function readAttributes(
  { lib, handle: session }: OpenSession,
  object: Buffer,
  types: readonly number[],
): readonly Buffer[] {
  const template = types.map((type) => ({ type }))
  const read = call('C_GetAttributeValue', () => lib.C_GetAttributeValue(session, object, template))
  return types.map((_, place) => {
    const value = read[place]?.value
    return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
  })
}

/** Reads one attribute of an object. Whoever reads a secret one overwrites it. */
export function readAttribute(session: OpenSession, object: Buffer, type: number): Buffer {
  const [value = Buffer.alloc(0)] = readAttributes(session, object, [type])
  return value
}

/** Reads a CK_ULONG attribute, such as a class or a type; -1 where the token gives none. */
export function readNumber(session: OpenSession, object: Buffer, type: number): number {
  return numberOf(readAttribute(session, object, type))
}

/** The number in a CK_ULONG attribute; -1 where the token gave none. */
export function numberOf(value: Buffer): number {
  return value.length === 0 ? -1 : value.readUIntLE(0, Math.min(value.length, 6))
}

/**
 * Reads an attribute that the token may not know; attributes are asked one at a time, since one unknown spoils a list. A
 * session that is lost, or an object that is gone, says nothing about the attribute.
 */
export function readOptionalAttribute(
  session: OpenSession,
  object: Buffer,
  type: number,
): Buffer | undefined {
  try {
    return readAttribute(session, object, type)
  } catch (error) {
    if (!(error instanceof TokenError) || error.radius !== 'request') throw error
    return undefined
  }
}

/** Reads a boolean attribute; nothing where the token does not know it. */
export function readFlag(session: OpenSession, object: Buffer, type: number): boolean | undefined {
  const value = readOptionalAttribute(session, object, type)
  return value === undefined || value.length === 0 ? undefined : value.readUInt8(0) !== 0
}
