import pkcs11 from 'pkcs11js'
import type { KeyRef } from '../../core/ids.js'
import { objectId, objectName } from '../../core/object-id.js'
import { isStaleHandle } from '../return-values.js'
import { numberOf, readAttributes, readNumber } from './attributes.js'
import { findObjects, lookIfThere } from './found-objects.js'
import { KnownHandles } from './known-handles.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { sleep } from './sleep.js'

const FIRST_PAUSE_MS = 5

/** Classes of key objects: PKCS#11 v3.1 section 4.3. */
const KEY_CLASSES = [pkcs11.CKO_SECRET_KEY, pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY]

/** `own` is the object with the secret: a secret key, or the private half of a pair. */
type Side = 'own' | 'public'

/** What one thread found at its start, in memory that all threads of the process read. */
export type SharedHandles = Readonly<Record<Side, SharedArrayBuffer>>

/** A key object that a search found. */
export interface FoundKey {
  readonly handle: Buffer
  /** CKO_SECRET_KEY, CKO_PRIVATE_KEY or CKO_PUBLIC_KEY. */
  readonly keyClass: number
}

/**
 * Handles of the keys on the token, by CKA_ID; the two halves of a pair share theirs.
 *
 * Handles die with the session that found them, and so does the cache. It is filled by an enumeration (a search per key
 * would crawl on a token with thousands), and by a targeted search where a key is not in it, because another process may
 * have made the key since, or because the enumeration did not come so far.
 */
export class Handles {
  readonly #session: OpenSession
  readonly #visibleAfterMs: number
  readonly #known: Readonly<Record<Side, KnownHandles>>
  /** Objects of the enumeration that were not looked at yet. */
  #unseen: Buffer[] | undefined

  /** `visibleAfterMs`: how long a key that another process made may stay unseen. `shared`: handles of another thread. */
  constructor(session: OpenSession, visibleAfterMs: number, shared?: SharedHandles) {
    this.#session = session
    this.#visibleAfterMs = visibleAfterMs
    this.#known = { own: new KnownHandles(shared?.own), public: new KnownHandles(shared?.public) }
  }

  /**
   * Enumerates the keys of the token for some milliseconds, or goes on with that. Over a network each key takes some; a
   * library that works on its own looks at every object for each search, and is through soon.
   */
  enumerate(withinMs: number): void {
    const until = performance.now() + withinMs
    // One search for all classes: each looks at every object of the token.
    this.#unseen ??= findObjects(this.#session, [])
    while (this.#unseen.length > 0 && performance.now() < until) {
      const handle = this.#unseen.pop()
      const named = handle && this.#nameOf(handle)
      if (named) this.#known[sideOf(named.keyClass)].set(named.id, handle)
    }
  }

  /** Whether an enumeration was begun that is not through. */
  get isEnumerating(): boolean {
    return this.#unseen !== undefined && this.#unseen.length > 0
  }

  /** What is known now, for the other threads of this process: handles hold for all of its sessions. */
  share(): SharedHandles {
    return { own: this.#known.own.share(), public: this.#known.public.share() }
  }

  /**
   * Runs a call with the handle of a secret key or of the private half of a pair; with a freshly searched one where the
   * known one turns out stale. Where that is refused as well, the session is lost, whatever the token says.
   *
   * @throws TokenError `key-missing` when a token that is well does not show this library the key
   */
  use<Result>(key: KeyRef, run: (handle: Buffer) => Result): Result {
    return this.#use('own', key, run)
  }

  /** The same with the public half of a pair. */
  usePublic<Result>(key: KeyRef, run: (handle: Buffer) => Result): Result {
    return this.#use('public', key, run)
  }

  /** Every object of a key that the token shows now, found by a search. */
  find(key: KeyRef): readonly FoundKey[] {
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
    this.#known.own.set(objectName(key), handle)
  }

  rememberPublic(key: KeyRef, handle: Buffer): void {
    this.#known.public.set(objectName(key), handle)
  }

  forget(key: KeyRef): void {
    const name = objectName(key)
    this.#known.own.delete(name)
    this.#known.public.delete(name)
  }

  /** The class and the CKA_ID of a key; nothing for other objects, and for one that another process just destroyed. */
  #nameOf(handle: Buffer): { readonly keyClass: number; readonly id: string } | undefined {
    try {
      const [id, value] =
        lookIfThere(this.#session, handle, () =>
          readAttributes(this.#session, handle, [pkcs11.CKA_ID, pkcs11.CKA_CLASS]),
        ) ?? []
      const keyClass = value ? numberOf(value) : -1
      if (!id || id.length === 0 || !KEY_CLASSES.includes(keyClass)) return undefined
      return { keyClass, id: id.toString('hex') }
    } catch (error) {
      // Objects that are no keys may lack a CKA_ID.
      if (error instanceof TokenError && error.radius === 'request') return undefined
      throw error
    }
  }

  #use<Result>(side: Side, key: KeyRef, run: (handle: Buffer) => Result): Result {
    const name = objectName(key)
    const known = this.#known[side].get(name)
    if (known) {
      try {
        return run(known)
      } catch (error) {
        if (!(error instanceof TokenError) || !isStaleHandle(error.rv)) throw error
        this.#known[side].delete(name)
      }
    }
    return run(this.#search(side, objectId(key)))
  }

  #look(id: Buffer): readonly FoundKey[] {
    const name = id.toString('hex')
    return findObjects(this.#session, [{ type: pkcs11.CKA_ID, value: id }]).flatMap((handle) => {
      const keyClass = this.#classOf(handle)
      // A certificate may have the id of its key.
      if (!KEY_CLASSES.includes(keyClass)) return []
      this.#known[sideOf(keyClass)].set(name, handle)
      return [{ handle, keyClass }]
    })
  }

  /** Another process may destroy an object between the search and the look at it: then it is of no class. */
  #classOf(handle: Buffer): number {
    const seen = lookIfThere(this.#session, handle, () =>
      readNumber(this.#session, handle, pkcs11.CKA_CLASS),
    )
    return seen ?? -1
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
    throw this.missing()
  }

  /**
   * The error for a key that a search did not find.
   *
   * SoftHSM 2.6.1 answers an empty list, without error, when its folder is gone; its token info fails then. So "not found"
   * is believed only of a token that is well, and what is believed here is what this library was shown: the pool asks
   * an agent that starts afterwards before it believes it too.
   *
   * @throws TokenError when the token is not well
   */
  missing(): TokenError {
    call('C_GetTokenInfo', () => this.#session.lib.C_GetTokenInfo(this.#session.slot))
    return new TokenError('key-missing', 'The token does not hold this key.', {
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

function sideOf(keyClass: number): Side {
  return keyClass === pkcs11.CKO_PUBLIC_KEY ? 'public' : 'own'
}
