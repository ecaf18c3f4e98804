import { type KeyObject, randomBytes, sign } from 'node:crypto'
import { freshPair } from '../support/fresh-pair.js'

/** A certificate and its private key, both PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

const ECDSA_SHA256 = '06082a8648ce3d040302'
const COMMON_NAME = '0603550403'
const SUBJECT_ALT_NAME = '0603551d11'
const BASIC_CONSTRAINTS = '0603551d13'
/** dNSName localhost and iPAddress 127.0.0.1, in an OCTET STRING. RFC 5280 section 4.2.1.6. */
const LOCALHOST = Buffer.from(`82096c6f63616c686f737487047f000001`, 'hex')

/** Makes a self-signed certificate for localhost that is valid for an hour, or as stated (RFC 5280 section 4.1). */
export function selfSigned(
  name: string,
  { lifeMs = 3_600_000 }: { readonly lifeMs?: number } = {},
): Certificate {
  const { privateKey, publicKey } = freshPair('ec', { namedCurve: 'P-256' })
  const algorithm = tlv(0x30, Buffer.from(ECDSA_SHA256, 'hex'))
  const body = tlv(
    0x30,
    tlv(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    nameOf(name),
    tlv(0x30, time(Date.now() - 60_000), time(Date.now() + lifeMs)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(0x30, extension(SUBJECT_ALT_NAME, tlv(0x30, LOCALHOST)), authority())),
  )
  const signature = sign('sha256', body, privateKey)
  const der = tlv(0x30, body, algorithm, tlv(0x03, Buffer.of(0), signature))
  return { cert: pem(der), key: exportKey(privateKey) }
}

function authority(): Buffer {
  return extension(BASIC_CONSTRAINTS, tlv(0x30, tlv(0x01, Buffer.of(0xff))))
}

function extension(oid: string, value: Buffer): Buffer {
  return tlv(0x30, Buffer.from(oid, 'hex'), tlv(0x04, value))
}

function nameOf(text: string): Buffer {
  const attribute = tlv(0x30, Buffer.from(COMMON_NAME, 'hex'), tlv(0x0c, Buffer.from(text)))
  return tlv(0x30, tlv(0x31, attribute))
}

function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')
  return tlv(0x18, Buffer.from(text))
}

function integer(value: Uint8Array): Buffer {
  return tlv(0x02, value)
}

function tlv(tag: number, ...values: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(values)
  const { length } = value
  // DER writes a length in as few bytes as it takes (X.690 section 10.1).
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), value])
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
