import { decodeBase64, encodeBase64 } from '../codec/base64.js'
import { decodeDataFrame } from '../codec/data-frame.js'
import { decodeDatakeyFrame } from '../codec/datakey-frame.js'
import type { Frame } from '../codec/frame.js'
import { decodeHex, encodeHex } from '../codec/hex.js'
import { type Cmk, currentKey } from './cmk.js'
import { KmsError } from './errors.js'
import { homeOf } from './home.js'
import { type KeyId, parseKeyId } from './ids.js'
import { requireEncryption } from './key-use.js'
import type { KeyStore } from './key-store.js'
import type { Token, Tokens } from './keystore.js'
import { requireAlive } from './life-cycle.js'
import { readFrame, requireKeyId } from './read-frame.js'
import { openDatakey, rewrapDatakey, sealDatakey } from './seal.js'
import { openText, resealText, sealText } from './seal-data.js'

/** What a frame is renewed with. */
export interface RenewalParts {
  readonly keys: Pick<KeyStore, 'findAnywhere' | 'versions'>
  readonly tokens: Pick<Tokens, 'at'>
}

/** A ciphertext under the version of its CMK that encrypts now. */
export interface RenewedText {
  readonly cmk: Cmk
  /** The version that it was under. */
  readonly from: number
  /** In the form that the old one had; the same text where it was under that version already. */
  readonly cipherText: string
}

/**
 * Moves a ciphertext to the version of its CMK that encrypts now: a wrapped data key or private key in hexadecimal, an
 * encrypted text in base64. On one token what is protected never leaves it; from one token to another it passes through
 * the memory of this process, which is zeroed.
 *
 * @param request - the context bytes that it was made with
 * @throws KmsError KMS.2201, KMS.0207, KMS.0340, those of a key that is not enabled, KMS.2105, KMS.2202; HsmError
 */
export async function renewFrame(
  parts: RenewalParts,
  request: { readonly cipherText: string; readonly context: Uint8Array },
): Promise<RenewedText> {
  const { cipherText, context } = request
  const hex = decodeHex(cipherText)
  const move = hex ? prepareDatakey(hex, context) : prepareText(cipherText, context)
  const cmk = await findCmk(parts, move.frame)
  const from = move.frame.keyVersion
  if (from === cmk.currentVersion) return { cmk, from, cipherText }
  const [source, target] = [from, cmk.currentVersion].map((version) =>
    parts.tokens.at(cmk.keystoreId, homeOf(cmk, version)),
  )
  if (!source || !target) throw new TypeError('A move has two ends.')
  const bytes = await move.run({ cmk, from: await source, to: await target })
  return { cmk, from, cipherText: hex ? encodeHex(bytes) : encodeBase64(bytes) }
}

interface Ends {
  readonly cmk: Cmk
  readonly from: Token
  readonly to: Token
}

interface PreparedMove {
  readonly frame: Frame & { readonly keyId: string }
  run(this: void, ends: Ends): Promise<Uint8Array>
}

function prepareDatakey(bytes: Uint8Array, context: Uint8Array): PreparedMove {
  const frame = readFrame(bytes, decodeDatakeyFrame)
  return {
    frame,
    async run({ cmk, from, to }) {
      const sealed = { keyId: cmk.id, frame, context }
      const key = currentKey(cmk)
      if (from.hsm === to.hsm) {
        return await rewrapDatakey(to, { from: sealed, to: { key, context } })
      }
      const { maxSecretBytes } = to.hsm.limits
      if (frame.datakeyLength > maxSecretBytes) {
        throw new KmsError('KMS.2202', `The new token wraps up to ${maxSecretBytes} bytes.`)
      }
      const dek = await openDatakey(from, sealed)
      try {
        return await sealDatakey(to, { key, dek, context, form: frame.form })
      } finally {
        dek.fill(0)
      }
    },
  }
}

function prepareText(cipherText: string, context: Uint8Array): PreparedMove {
  const bytes = decodeBase64(cipherText)
  if (!bytes) throw new KmsError('KMS.2201', 'cipher_text must be hexadecimal or base64.')
  const frame = readFrame(bytes, decodeDataFrame)
  return {
    frame,
    async run({ cmk, from, to }) {
      const sealed = { key: { keyId: cmk.id, version: frame.keyVersion }, frame, context }
      const key = currentKey(cmk)
      if (from.hsm === to.hsm)
        return await resealText(to.hsm, { from: sealed, to: { key, context } })
      const text = await openText(from.hsm, sealed)
      // Sealing zeroes the text.
      return await sealText(to.hsm, { key, text, context })
    },
  }
}

async function findCmk({ keys }: RenewalParts, frame: PreparedMove['frame']): Promise<Cmk> {
  const id: KeyId | undefined = parseKeyId(frame.keyId)
  const cmk = id && (await keys.findAnywhere(id))
  if (!cmk) throw new KmsError('KMS.0207', 'cipher_text names no key of this service.')
  requireAlive(cmk)
  requireKeyId(frame, cmk.id)
  if (requireEncryption(cmk) !== 'symmetric') {
    throw new KmsError('KMS.2201', 'cipher_text names an RSA key, which makes no frames.')
  }
  const versions = await keys.versions(cmk.id)
  const known = versions.some(
    ({ key, use }) => key.version === frame.keyVersion && use === 'in-use',
  )
  if (known) return cmk
  throw new KmsError('KMS.2201', 'cipher_text names a version that its key does not have.')
}
