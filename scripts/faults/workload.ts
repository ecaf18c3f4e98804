import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { type ApiAnswer, type OfficialClient, text } from '../../test/support/official-client.js'

type Fields = Readonly<Record<string, unknown>>

/** One call of the API and what is right to answer to it. */
export interface Call {
  readonly operation: string
  readonly fields: Fields
  /** Whether the service may repeat its work on the token: a single fault must not show then. */
  readonly idempotent: boolean
  /** Judges an answer of status 200; returns what is wrong with it, if anything is. */
  right(this: void, body: Fields): string | undefined
}

/** Names of the kinds of call that a load is mixed of. */
export type CallName = keyof ReturnType<typeof callsOn>

const DEK_BYTES = 32

/** Keys that a load works with. */
export interface WorkloadKeys {
  readonly wrapping: string
  readonly mac: string
  readonly signing: string
  readonly signingPublic: string
  /** A data key in clear, and wrapped under the wrapping key. */
  readonly dek: string
  readonly frame: string
  readonly macOfMessage: string
}

const MESSAGE = Buffer.from('a message that is always the same').toString('base64')
const MAC = { mac_algorithm: 'HMAC_SHA_256', message: MESSAGE }
const SIGNING = {
  message: MESSAGE,
  signing_algorithm: 'ECDSA_SHA_256',
  message_type: 'RAW',
}

/** Makes the keys of a load. */
export async function makeKeys(client: OfficialClient): Promise<WorkloadKeys> {
  const wrapping = await client.createKey(freshAlias())
  const mac = await createKeyOf(client, { key_spec: 'HMAC_256', key_usage: 'GENERATE_VERIFY_MAC' })
  const signing = await createKeyOf(client, { key_spec: 'EC_P256', key_usage: 'SIGN_VERIFY' })
  const publicKey = await client.succeed('get-publickey', { key_id: signing })
  const code = await client.succeed('generate-mac', { key_id: mac, ...MAC })
  const dek = randomBytes(DEK_BYTES).toString('hex').toUpperCase()
  const sealed = await client.succeed('encrypt-datakey', sealing(wrapping, dek))
  return {
    wrapping,
    mac,
    signing,
    signingPublic: text(publicKey, 'public_key'),
    dek,
    frame: text(sealed, 'cipher_text'),
    macOfMessage: text(code, 'mac'),
  }
}

async function createKeyOf(client: OfficialClient, spec: Fields): Promise<string> {
  const { key_info: info } = await client.succeed('create-key', {
    key_alias: freshAlias(),
    ...spec,
  })
  return text(info, 'key_id')
}

/** The kinds of call, on some keys. */
export function callsOn(keys: WorkloadKeys) {
  return {
    encrypt: () => sealingCall(keys.wrapping),
    decrypt: () => openingCall(keys.wrapping, { dek: keys.dek, frame: keys.frame }),
    mac: () => ({
      operation: 'generate-mac',
      fields: { key_id: keys.mac, ...MAC },
      idempotent: true,
      right: (body: Fields) => wrongUnless(body['mac'] === keys.macOfMessage, 'the MAC'),
    }),
    sign: () => ({
      operation: 'sign',
      fields: { key_id: keys.signing, ...SIGNING },
      idempotent: true,
      right: (body: Fields) => wrongUnless(isSignature(keys, body), 'the signature'),
    }),
    datakey: () => ({
      operation: 'create-datakey',
      fields: { key_id: keys.wrapping, datakey_length: String(8 * DEK_BYTES) },
      idempotent: true,
      right: (body: Fields) => wrongUnless(isHex(body['plain_text'], DEK_BYTES), 'the data key'),
    }),
    pair: () => ({
      operation: 'create-ec-datakey-pair',
      fields: { key_id: keys.wrapping, key_spec: 'ECC_NIST_P256', with_plain_text: false },
      idempotent: true,
      right: (body: Fields) => wrongUnless(typeof body['public_key'] === 'string', 'the pair'),
    }),
    random: () => ({
      operation: 'gen-random',
      fields: { random_data_length: '256' },
      idempotent: true,
      right: (body: Fields) => wrongUnless(isHex(body['random_data'], 32), 'the random bytes'),
    }),
    createKey: () => creation({}),
    createPair: () => creation({ key_spec: 'EC_P256', key_usage: 'SIGN_VERIFY' }),
  } satisfies Record<string, () => Call>
}

/** A call that wraps a fresh data key. */
export function sealingCall(keyId: string, dek = randomBytes(DEK_BYTES).toString('hex')): Call {
  return {
    operation: 'encrypt-datakey',
    fields: sealing(keyId, dek.toUpperCase()),
    idempotent: true,
    right: ({ key_id: id, cipher_text: frame }) =>
      wrongUnless(id === keyId && isHex(frame, 156), 'the frame'),
  }
}

/** A call that opens a frame, which must give the data key that went in. */
export function openingCall(keyId: string, sealed: { dek: string; frame: string }): Call {
  return {
    operation: 'decrypt-datakey',
    fields: {
      key_id: keyId,
      cipher_text: sealed.frame,
      datakey_cipher_length: String(DEK_BYTES),
    },
    idempotent: true,
    right: ({ data_key: dek }) => wrongUnless(dek === sealed.dek, 'the data key'),
  }
}

/** A call that signs with a key. */
export function signingCall(keyId: string): Call {
  return {
    operation: 'sign',
    fields: { key_id: keyId, ...SIGNING },
    idempotent: true,
    right: ({ signature }) => wrongUnless(typeof signature === 'string', 'the signature'),
  }
}

/** The id of the key that an answer of create-key tells of. */
export function createdKey(answer: ApiAnswer): string {
  return text(answer.body['key_info'], 'key_id')
}

/** A name that no other key has. */
export function freshAlias(): string {
  return `key-${randomBytes(12).toString('hex')}`
}

function creation(spec: Fields): Call {
  return {
    operation: 'create-key',
    fields: { key_alias: freshAlias(), ...spec },
    idempotent: false,
    right: (body) => wrongUnless(typeof body['key_info'] === 'object', 'the key'),
  }
}

function sealing(keyId: string, dek: string): Fields {
  const digest = createHash('sha256').update(Buffer.from(dek, 'hex')).digest('hex').toUpperCase()
  return {
    key_id: keyId,
    plain_text: `${dek}${digest}`,
    datakey_plain_length: String(DEK_BYTES),
  }
}

function isSignature(keys: WorkloadKeys, { signature }: Fields): boolean {
  if (typeof signature !== 'string') return false
  return verify(
    'sha256',
    Buffer.from(MESSAGE, 'base64'),
    createPublicKey(keys.signingPublic),
    Buffer.from(signature, 'base64'),
  )
}

/** Whether a value is hexadecimal of some bytes at least. */
function isHex(value: unknown, atLeast: number): boolean {
  return typeof value === 'string' && /^[0-9A-F]*$/.test(value) && value.length >= 2 * atLeast
}

function wrongUnless(right: boolean, what: string): string | undefined {
  return right ? undefined : `${what} is wrong`
}
