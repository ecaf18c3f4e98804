import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Binding, BoundSecret, Hsm } from '../../src/core/hsm.js'
import { HsmError } from '../../src/core/hsm.js'
import type { SealedData, SealedFrame } from '../../src/core/hsm-data.js'
import type { KeyRef } from '../../src/core/ids.js'
import { importPair, importSecret } from './memory-imports.js'
import { unwrapPadded, wrapPadded } from './memory-keys.js'
import { openOaep } from './memory-oaep.js'
import { generate, spkiOf } from './memory-pairs.js'
import type { MemoryToken } from './memory-token.js'

/** Commands of the in-memory HSM. */
export type DataCommands = Pick<
  Hsm,
  | 'generateWrappedPair'
  | 'sealData'
  | 'openData'
  | 'rewrap'
  | 'resealData'
  | 'decryptOaep'
  | 'importSecret'
  | 'importPair'
>

const MAX_TEXT_BYTES = 4096
const TAG_BYTES = 16

/** The commands on a token. */
export function dataCommands(token: MemoryToken): DataCommands {
  return {
    async generateWrappedPair({ key, algorithm }) {
      await token.enter('generateWrappedPair')
      requirePairs(token)
      token.requireListed(algorithm)
      const { privateKey, publicKey } = generate(algorithm)
      const secret = privateKey.export({ format: 'der', type: 'pkcs8' })
      const wrapped = wrapPadded(token.secret(key, 'wrapping').value, secret)
      secret.fill(0)
      return { publicKey: spkiOf(publicKey), wrapped }
    },
    async sealData({ key, plaintext, frame }) {
      await token.enter('sealData')
      return seal(token, key, { plaintext, frame })
    },
    async openData({ key, data, frame }) {
      await token.enter('openData')
      return open(token, key, { data, frame })
    },
    async resealData({ from, to }) {
      await token.enter('resealData')
      const plaintext = open(token, from.key, from)
      try {
        return seal(token, to.key, { frame: to.frame, plaintext })
      } finally {
        plaintext.fill(0)
      }
    },
    async rewrap({ from, to }) {
      await token.enter('rewrap')
      requireTag(token, from)
      const secret = unwrapPadded(token.secret(from.key, 'wrapping').value, from.wrapped)
      const wrapped = wrapPadded(token.secret(to.key, 'wrapping').value, secret)
      secret.fill(0)
      return { wrapped, tag: token.tag(wrapped, to.binding) }
    },
    async decryptOaep({ key, hash, ciphertext }) {
      await token.enter('decryptOaep')
      const text = openOaep(token, token.pair(key, 'decrypt'), { hash, ciphertext })
      if (text) return Uint8Array.from(text)
      throw new HsmError('not-authentic', 'What was sent does not open.')
    },
    async importSecret(request) {
      await token.enter('importSecret')
      return importSecret(token, request)
    },
    async importPair(request) {
      await token.enter('importPair')
      return importPair(token, request)
    },
  }
}

function seal(
  token: MemoryToken,
  key: KeyRef,
  { plaintext, frame }: { readonly plaintext: Uint8Array; readonly frame: SealedFrame },
): SealedData {
  const messageKey = randomBytes(32)
  try {
    if (plaintext.length < 1 || plaintext.length > MAX_TEXT_BYTES) {
      throw new HsmError('unsupported', `A sealed text has 1 to ${MAX_TEXT_BYTES} bytes.`)
    }
    const wrapped = wrapPadded(token.secret(key, 'wrapping').value, messageKey)
    const iv = Uint8Array.from(randomBytes(12))
    const cipher = createCipheriv('aes-256-gcm', messageKey, iv)
    cipher.setAAD(associatedData(frame, { wrapped, iv }))
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    return { wrapped, iv, sealed: Uint8Array.from(sealed) }
  } finally {
    messageKey.fill(0)
  }
}

function open(
  token: MemoryToken,
  key: KeyRef,
  request: { readonly data: SealedData; readonly frame: SealedFrame },
): Uint8Array {
  const { value } = token.secret(key, 'wrapping')
  const { wrapped, iv, sealed } = request.data
  try {
    const decipher = createDecipheriv('aes-256-gcm', unwrapPadded(value, wrapped), iv, {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(associatedData(request.frame, { wrapped, iv }))
    const end = sealed.length - TAG_BYTES
    decipher.setAuthTag(sealed.subarray(end))
    const text = decipher.update(sealed.subarray(0, end))
    decipher.final()
    return Uint8Array.from(text)
  } catch {
    throw new HsmError('not-authentic', 'What was sent does not open.')
  }
}

function associatedData(
  { before, after }: SealedFrame,
  { wrapped, iv }: Omit<SealedData, 'sealed'>,
): Buffer {
  return Buffer.concat([before, wrapped, iv, after])
}

function requireTag(token: MemoryToken, from: BoundSecret & { readonly binding: Binding }): void {
  const expected = token.tag(from.wrapped, from.binding)
  if (expected.length === from.tag.length && timingSafeEqual(expected, from.tag)) return
  throw new HsmError('not-authentic', 'The tag does not fit the wrapped secret.')
}

function requirePairs({ limits }: MemoryToken): void {
  if (limits.maxPairBytes > 0) return
  throw new HsmError('unsupported', 'This token cannot wrap such a pair.')
}
