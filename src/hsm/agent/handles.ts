import pkcs11 from 'pkcs11js'
import type { KeyRef } from '../../core/ids.js'
import { isStaleHandle } from '../return-values.js'
import { objectId } from './object-id.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

const FIRST_PAUSE_MS = 5

/**
 * Handles of the keys on the token, by CKA_ID.
 *
 * Handles die with the session that found them, and the session lives exactly as long as this process: so does the
 * cache. It is filled by one enumeration at start (a search per key would crawl on a token with thousands), and by a
 * targeted search where a key is not in it, because another process may have made the key since.
 */
export class Handles {
  readonly #session: OpenSession
  readonly #visibleAfterMs: number
  readonly #byId = new Map<string, Buffer>()

  /** `visibleAfterMs`: how long a key that another process made may stay unseen. */
  constructor(session: OpenSession, visibleAfterMs: number) {
    this.#session = session
    this.#visibleAfterMs = visibleAfterMs
    for (const handle of findObjects(session, [])) {
      const id = readId(session, handle)
      if (id.length > 0) this.#byId.set(id.toString('hex'), handle)
    }
  }

  /**
   * Runs a call with the handle of a key; with a freshly searched one where the known one turns out stale.
   *
   * @throws TokenError `key-missing` when a healthy token does not hold the key
   */
  use<Result>(key: KeyRef, run: (handle: Buffer) => Result): Result {
    const id = objectId(key)
    const known = this.#byId.get(id.toString('hex'))
    if (known) {
      try {
        return run(known)
      } catch (error) {
        if (!(error instanceof TokenError) || !isStaleHandle(error.rv)) throw error
        this.#byId.delete(id.toString('hex'))
      }
    }
    return run(this.#search(id))
  }

  /** The handle of a key if the token holds it now. */
  find(key: KeyRef): Buffer | undefined {
    return this.#look(objectId(key))
  }

  remember(key: KeyRef, handle: Buffer): void {
    this.#byId.set(objectId(key).toString('hex'), handle)
  }

  forget(key: KeyRef): void {
    this.#byId.delete(objectId(key).toString('hex'))
  }

  #look(id: Buffer): Buffer | undefined {
    const [handle] = findObjects(this.#session, [{ type: pkcs11.CKA_ID, value: id }])
    if (handle) this.#byId.set(id.toString('hex'), handle)
    return handle
  }

  #search(id: Buffer): Buffer {
    const limit = performance.now() + this.#visibleAfterMs
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const handle = this.#look(id)
      if (handle) return handle
      // Another process may have made the key a moment ago: it is looked for again before it is missing.
      const left = limit - performance.now()
      if (left <= 0) break
      sleep(Math.min(pause, left))
    }
    // SoftHSM 2.6.1 answers an empty list, without error, when its folder is gone; its token info fails then.
    // "Not found" is believed only of a token that is well.
    call('C_GetTokenInfo', () => this.#session.lib.C_GetTokenInfo(this.#session.slot.handle))
    throw new TokenError('key-missing', 'The token does not hold this key.', {
      call: 'C_FindObjects',
      rv: 0,
      radius: 'request',
    })
  }
}

/** Every secret-key object on the token that fits a template. */
export function findObjects(
  { lib, handle: session }: OpenSession,
  template: readonly { readonly type: number; readonly value: Buffer }[],
): Buffer[] {
  const found: Buffer[] = []
  call('C_FindObjectsInit', () =>
    lib.C_FindObjectsInit(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
      { type: pkcs11.CKA_TOKEN, value: true },
      ...template,
    ]),
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

function readId({ lib, handle: session }: OpenSession, object: Buffer): Buffer {
  const [id] = call('C_GetAttributeValue', () =>
    lib.C_GetAttributeValue(session, object, [{ type: pkcs11.CKA_ID }]),
  )
  return Buffer.isBuffer(id?.value) ? id.value : Buffer.alloc(0)
}

/** Blocks this process, which has nothing else to do: one call at a time is what it is for. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
