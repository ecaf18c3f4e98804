import type { Binding, BoundSecret } from './hsm.js'
import type { KeyRef } from './ids.js'

/**
 * What is authenticated with a sealed text: AES-256-GCM's associated data are
 * `before ‖ wrapped message key ‖ IV ‖ after`.
 */
export interface SealedFrame {
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/** A text under a fresh message key: what goes into a data frame. */
export interface SealedData {
  /** RFC 5649 wrap of the AES-256 message key, 40 bytes. */
  readonly wrapped: Uint8Array
  /** 12 bytes. */
  readonly iv: Uint8Array
  /** Ciphertext, as long as the text, and the 16-byte tag. */
  readonly sealed: Uint8Array
}

/** Encryption of small texts under a key of kind `wrapping`, each under a message key of its own. */
export interface DataSealing {
  /** Generates a message key in the token, encrypts with it, wraps it and destroys it. Zeroes `plaintext`. */
  sealData(request: {
    readonly key: KeyRef
    readonly plaintext: Uint8Array
    readonly frame: SealedFrame
  }): Promise<SealedData>
  /**
   * Opens what {@link sealData} made.
   *
   * @throws HsmError `not-authentic` for anything forged, whether in the wrap or in the text
   */
  openData(request: {
    readonly key: KeyRef
    readonly data: SealedData
    readonly frame: SealedFrame
  }): Promise<Uint8Array>
}

/** Moving ciphertext from one key to another without giving the clear text to the service. */
export interface Rewrapping {
  /**
   * Unwraps a secret to a sensitive session key and wraps it under another key, both inside the token.
   *
   * @throws HsmError `not-authentic` when the tag does not fit
   */
  rewrap(request: {
    readonly from: BoundSecret & { readonly key: KeyRef; readonly binding: Binding }
    readonly to: { readonly key: KeyRef; readonly binding: Binding }
  }): Promise<BoundSecret>
  /**
   * Opens a sealed text and seals it anew in one call. Few tokens unwrap with AES-GCM, so the text passes through the
   * memory of the agent, never through the service.
   *
   * @throws HsmError `not-authentic`
   */
  resealData(request: {
    readonly from: {
      readonly key: KeyRef
      readonly data: SealedData
      readonly frame: SealedFrame
    }
    readonly to: { readonly key: KeyRef; readonly frame: SealedFrame }
  }): Promise<SealedData>
}

/** Hash of RSA OAEP; MGF1 uses the same one. */
export type OaepHash = 'sha1' | 'sha256'

/** RSA OAEP decryption by pairs of use `decrypt`. RFC 8017 section 7.1.2, empty label. */
export interface OaepDecryption {
  /** @throws HsmError `not-authentic` when the ciphertext does not open, for whatever reason */
  decryptOaep(request: {
    readonly key: KeyRef
    readonly hash: OaepHash
    readonly ciphertext: Uint8Array
  }): Promise<Uint8Array>
}
