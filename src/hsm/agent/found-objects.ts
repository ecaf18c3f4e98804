import pkcs11, { type Template } from 'pkcs11js'
import { isLoss, isStaleHandle } from '../return-values.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

/** Handles of the objects on the token that fit a template; PKCS#11 v3.1 section 5.7.7. */
export function findObjects({ lib, handle: session }: OpenSession, template: Template): Buffer[] {
  const found: Buffer[] = []
  call('C_FindObjectsInit', () =>
    lib.C_FindObjectsInit(session, [...template, { type: pkcs11.CKA_TOKEN, value: true }]),
  )
  try {
    for (;;) {
      const batch = call('C_FindObjects', () => lib.C_FindObjects(session, 512))
      found.push(...batch)
      if (batch.length === 0) return found
    }
  } finally {
    call('C_FindObjectsFinal', () => lib.C_FindObjectsFinal(session))
  }
}

/**
 * Looks at an object that a search found; nothing where another process destroyed it in between. Most tokens say that its
 * handle is stale. Kryoptic 1.5.4 says CKR_GENERAL_ERROR, as others do when they are sick: so the object is searched again,
 * and one that is still there makes the error stand.
 */
export function lookIfThere<Result>(
  session: OpenSession,
  object: Buffer,
  look: () => Result,
): Result | undefined {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    if (isStaleHandle(error.rv)) return undefined
    if (!mayBeGone(error) || isListed(session, object)) throw error
    return undefined
  }
}

/** A refusal of what was asked for, and a lost device, say nothing about the object; nor does what never reached the token. */
function mayBeGone({ rv, radius }: TokenError): boolean {
  return rv !== undefined && rv !== 0 && radius === 'library' && !isLoss(rv, {})
}

function isListed(session: OpenSession, object: Buffer): boolean {
  return findObjects(session, []).some((one) => one.equals(object))
}
