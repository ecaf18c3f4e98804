import type { Mechanism } from 'pkcs11js'
import type { Attempt } from '../../core/hsm-inspection.js'
import type { Profile } from '../profile.js'
import { classify, isLoss, isRefusal } from '../return-values.js'
import type { KeyWrap } from './key-wrap.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

/** Longest wrap of a key that is won, in bytes. */
export const MAX_WRAPPED_BYTES = 4096

/** What the attacks work on: a twin of a CMK, which differs from one in that it lives for the session. */
export interface Stage {
  readonly session: OpenSession
  readonly profile: Profile
  readonly keyWrap: KeyWrap
  readonly mechanism: Mechanism
  readonly twin: Buffer
}

/** That all of several steps were refused, where each alone may be. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** One attack: its name, and the steps to its end. */
export interface Attack {
  readonly name: string
  readonly run: () => void
}

export function attack(name: string, run: () => void): Attack {
  return { name, run }
}

/** Plays an attack: what does not throw has won something. @throws TokenError where the session or the library was lost */
export function play(profile: Profile, { name, run }: Attack): Attempt {
  try {
    run()
    return { attempt: name, refused: false, detail: 'the token did it' }
  } catch (error) {
    if (error instanceof Refused) return { attempt: name, refused: true, detail: error.message }
    if (!(error instanceof TokenError) || error.rv === undefined || isLoss(error.rv, profile)) {
      throw error
    }
    const refused = isRefusal(error.rv) || classify(error.rv).failure === 'unsupported'
    return { attempt: name, refused, detail: error.message }
  }
}

/** Has the twin wrapped under another key. @throws TokenError */
export function wrapAway({ session, mechanism, twin }: Stage, kek: Buffer): void {
  const { lib, handle } = session
  const space = Buffer.alloc(MAX_WRAPPED_BYTES)
  call('C_WrapKey', () => lib.C_WrapKey(handle, mechanism, kek, twin, space)).fill(0)
}

/** Decrypts with a key. @throws TokenError */
export function decryptWith(
  { lib, handle }: OpenSession,
  mechanism: Mechanism,
  key: Buffer,
  bytes: Buffer,
): void {
  call('C_DecryptInit', () => lib.C_DecryptInit(handle, mechanism, key))
  call('C_Decrypt', () => lib.C_Decrypt(handle, bytes, Buffer.alloc(bytes.length + 16))).fill(0)
}
