import pkcs11 from 'pkcs11js'
import type { DataSealing, Rewrapping, SealedData, SealedFrame } from '../../core/hsm-data.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import { IV_BYTES, TAG_BYTES, gcmDecrypt, gcmEncrypt } from './gcm.js'
import type { Handles } from './handles.js'
import { judgeInput, notAuthentic } from './input-fault.js'
import { KeyWrap } from './key-wrap.js'
import { call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { messageKey, openedMessageKey } from './session-keys.js'

/** RFC 5649 wrap of 32 bytes. */
const WRAPPED_BYTES = 40
const MAX_TEXT_BYTES = 4096

/** Texts under message keys: every key encrypts one text, so no IV can meet its key again. */
export class SealedTexts {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #keyWrap: KeyWrap

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
    this.#keyWrap = new KeyWrap(session, profile)
  }

  sealData({ key, plaintext, frame }: Parameters<DataSealing['sealData']>[0]): SealedData {
    try {
      this.#requireGcm()
      requireText(plaintext)
      return this.#seal(key, plaintext, frame)
    } finally {
      plaintext.fill(0)
    }
  }

  openData({ key, data, frame }: Parameters<DataSealing['openData']>[0]): Uint8Array {
    this.#requireGcm()
    requireShape(data)
    return judgeInput(
      this.#profile,
      () => this.#open(key, data, frame),
      () => this.#provesWell(key, frame),
    )
  }

  resealData({ from, to }: Parameters<Rewrapping['resealData']>[0]): SealedData {
    return this.sealData({ ...to, plaintext: this.openData(from) })
  }

  #seal(key: KeyRef, plaintext: Uint8Array, frame: SealedFrame): SealedData {
    const iv = this.#random(IV_BYTES)
    return this.#keyWrap.withGenerated(
      messageKey(),
      (message) => {
        const wrapped = this.#handles.use(key, (kek) => this.#keyWrap.wrap(kek, message))
        const request = { key: message, iv, associated: associatedData(frame, { wrapped, iv }) }
        // A copy, because the binding takes nothing but a Buffer; it is zeroed like the text itself.
        const text = Buffer.from(plaintext)
        try {
          return { wrapped, iv, sealed: gcmEncrypt(this.#session, request, text) }
        } finally {
          text.fill(0)
        }
      },
      pkcs11.CKM_AES_KEY_GEN,
    )
  }

  #open(key: KeyRef, { wrapped, iv, sealed }: SealedData, frame: SealedFrame): Buffer {
    const template = openedMessageKey(this.#profile)
    const associated = associatedData(frame, { wrapped, iv })
    return this.#handles.use(key, (kek) =>
      // Of the lengths that give a wrap of 40 bytes, 25 to 32, AES admits 32 alone.
      this.#keyWrap.withUnwrapped({ kek, wrapped, template }, (message) =>
        gcmDecrypt(this.#session, { key: message, iv, associated }, sealed),
      ),
    )
  }

  /** Whether a text of the token's own comes back under the same key. */
  #provesWell(key: KeyRef, frame: SealedFrame): boolean {
    const text = this.#random(TAG_BYTES)
    return this.#open(key, this.#seal(key, text, frame), frame).equals(text)
  }

  #random(length: number): Buffer {
    const { lib, handle } = this.#session
    return call('C_GenerateRandom', () => lib.C_GenerateRandom(handle, Buffer.alloc(length)))
  }

  #requireGcm(): void {
    if (this.#profile.gcm !== 'none') return
    throw unsupported('This token has no AES-GCM.', 'C_EncryptInit')
  }
}

/** before ‖ wrapped message key ‖ IV ‖ after. */
function associatedData(
  { before, after }: SealedFrame,
  { wrapped, iv }: Omit<SealedData, 'sealed'>,
): Buffer {
  return Buffer.concat([before, wrapped, iv, after])
}

function requireText({ length }: Uint8Array): void {
  if (length >= 1 && length <= MAX_TEXT_BYTES) return
  throw unsupported(`A sealed text has 1 to ${MAX_TEXT_BYTES} bytes.`, 'C_Encrypt')
}

/** What has another shape was not made here, and never reaches the token. */
function requireShape({ wrapped, iv, sealed }: SealedData): void {
  const text = sealed.length - TAG_BYTES
  const fits = wrapped.length === WRAPPED_BYTES && iv.length === IV_BYTES
  if (!fits || text < 1 || text > MAX_TEXT_BYTES) throw notAuthentic()
}
