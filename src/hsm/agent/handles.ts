import pkcs11, { type Template } from 'pkcs11js'
import type { KeyRef } from '../../core/ids.js'
import { isStaleHandle } from '../return-values.js'
import { readAttribute, readNumber } from './attributes.js'
import { objectId } from './object-id.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

const FIRST_PAUSE_MS = 5

/** Classes of key objects: PKCS#11 v3.1 section 4.3. */
const KEY_CLASSES = [pkcs11.CKO_SECRET_KEY, pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY]

/** `own` is the object with the secret: a secret key, or the private half of a pair. */
type Side = 'own' | 'public'

/**
 * Handles of the keys on the token, by CKA_ID; the two halves of a pair share theirs.
 *
 * Handles die with the session that found them, and the session lives exactly as long as this process: so does the
 * cache. It is filled by one enumeration at start (a search per key would crawl on a token with thousands), and by a
 * targeted search where a key is not in it, because another process may have made the key since.
 */
export class Handles {
  readonly #session: OpenSession
  readonly #visibleAfterMs: number
  readonly #known: Readonly<Record<Side, Map<string, Buffer>>> = {
    own: new Map(),
    public: new Map(),
  }

  /** `visibleAfterMs`: how long a key that another process made may stay unseen. */
  constructor(session: OpenSession, visibleAfterMs: number) {
    this.#session = session
    this.#visibleAfterMs = visibleAfterMs
    for (const keyClass of KEY_CLASSES) {
      const known = this.#known[sideOf(keyClass)]
      for (const handle of findObjects(session, [{ type: pkcs11.CKA_CLASS, value: keyClass }])) {
        const id = readAttribute(session, handle, pkcs11.CKA_ID)
        if (id.length > 0) known.set(id.toString('hex'), handle)
      }
    }
  }

  /**
   * Runs a call with the handle of a secret key or of the private half of a pair; with a freshly searched one where the
   * known one turns out stale.
   *
   * @throws TokenError `key-missing` when a healthy token does not hold the key
   */
  use<Result>(key: KeyRef, run: (handle: Buffer) => Result): Result {
    return this.#use('own', key, run)
  }

  /** The same with the public half of a pair. */
  usePublic<Result>(key: KeyRef, run: (handle: Buffer) => Result): Result {
    return this.#use('public', key, run)
  }

  /** Every object of a key that the token holds now, found by a search. */
  find(key: KeyRef): readonly Buffer[] {
    return this.#look(objectId(key))
  }

  /**
   * Tokens admit two keys with one CKA_ID; which of them then answers is chance.
   *
   * @throws TokenError `fault` when the token holds a key of this name already
   */
  requireAbsent(key: KeyRef): void {
    if (this.find(key).length === 0) return
    throw new TokenError('fault', 'The token holds a key of this id and version already.', {
      call: 'C_FindObjects',
      rv: 0,
      radius: 'request',
    })
  }

  remember(key: KeyRef, handle: Buffer): void {
    this.#known.own.set(objectId(key).toString('hex'), handle)
  }

  rememberPublic(key: KeyRef, handle: Buffer): void {
    this.#known.public.set(objectId(key).toString('hex'), handle)
  }

  forget(key: KeyRef): void {
    const id = objectId(key).toString('hex')
    this.#known.own.delete(id)
    this.#known.public.delete(id)
  }

  #use<Result>(side: Side, key: KeyRef, run: (handle: Buffer) => Result): Result {
    const id = objectId(key)
    const name = id.toString('hex')
    const known = this.#known[side].get(name)
    if (known) {
      try {
        return run(known)
      } catch (error) {
        if (!(error instanceof TokenError) || !isStaleHandle(error.rv)) throw error
        this.#known[side].delete(name)
      }
    }
    return run(this.#search(side, id))
  }

  #look(id: Buffer): readonly Buffer[] {
    const name = id.toString('hex')
    return findObjects(this.#session, [{ type: pkcs11.CKA_ID, value: id }]).filter((handle) => {
      const keyClass = this.#classOf(handle)
      // A certificate may have the id of its key.
      if (!KEY_CLASSES.includes(keyClass)) return false
      this.#known[sideOf(keyClass)].set(name, handle)
      return true
    })
  }

  /** Another process may destroy an object between the search and the look at it: then it is of no class. */
  #classOf(handle: Buffer): number {
    try {
      return readNumber(this.#session, handle, pkcs11.CKA_CLASS)
    } catch (error) {
      if (error instanceof TokenError && error.failure === 'key-missing') return -1
      throw error
    }
  }

  #search(side: Side, id: Buffer): Buffer {
    const limit = performance.now() + this.#visibleAfterMs
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      this.#look(id)
      const handle = this.#known[side].get(id.toString('hex'))
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

/** Every key object on the token: secret keys, and both halves of pairs. */
export function findKeys(session: OpenSession): readonly Buffer[] {
  return KEY_CLASSES.flatMap((keyClass) =>
    findObjects(session, [{ type: pkcs11.CKA_CLASS, value: keyClass }]),
  )
}

function findObjects({ lib, handle: session }: OpenSession, template: Template): Buffer[] {
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

function sideOf(keyClass: number): Side {
  return keyClass === pkcs11.CKO_PUBLIC_KEY ? 'public' : 'own'
}

/** Blocks this process, which has nothing else to do: one call at a time is what it is for. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
