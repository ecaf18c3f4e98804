import { expect } from '@jest/globals'
import { digested } from '../support/digested-datakey.js'
import { type OfficialClient, text } from '../support/official-client.js'

/** What decrypt-datakey takes. */
export type Frame = Readonly<Record<string, unknown>>

const DEK = digested(64)
const MESSAGE = Buffer.from('message').toString('base64')
const DIGEST = Buffer.alloc(32, 7).toString('base64')
const RSA = { encryption_algorithm: 'RSAES_OAEP_SHA_256' }

/** What is signed. */
export const SIGNED = { message: DIGEST, signing_algorithm: 'ECDSA_SHA_256' }
/** What MACs are made of. */
export const MAC = { message: MESSAGE, mac_algorithm: 'HMAC_SHA_256' }
/** A PIN in clear. */
export const PIN = { pin: 'clear-pin-1', pin_type: 'PlainText' }

/** Keys of all kinds, and what they made before they moved. */
export interface Samples {
  readonly aes: string
  readonly other: string
  readonly ec: string
  readonly rsa: string
  readonly hmac: string
  readonly external: string
  /** Of the data key that every sample wraps, under `aes`. */
  readonly frame: Frame
  /** `secret text` under `aes`. */
  readonly sealed: string
  readonly signature: string
  readonly mac: string
  /** `under rsa` under `rsa`. */
  readonly rsaText: string
  readonly sealedPin: string
  /** The data key under `other`, with a context. */
  readonly bound: { readonly cipher_text: string; readonly encryption_context: object }
  /** `bound text` under `other`, with `aad`. */
  readonly boundText: string
  /** The data key under `other`, with {@link PIN}. */
  readonly withPin: string
}

/** Makes them. */
export async function makeSamples(client: OfficialClient): Promise<Samples> {
  async function create(key_alias: string, fields: object): Promise<string> {
    const { key_info: info } = await client.succeed('create-key', { key_alias, ...fields })
    return text(info, 'key_id')
  }
  async function made(operation: string, member: string, fields: Frame): Promise<string> {
    return text(await client.succeed(operation, fields), member)
  }
  const aes = await client.createKey('aes')
  const other = await client.createKey('other')
  const ec = await create('ec', { key_spec: 'EC_P256', key_usage: 'SIGN_VERIFY' })
  const rsa = await create('rsa', { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
  const hmac = await create('hmac', { key_spec: 'HMAC_256', key_usage: 'GENERATE_VERIFY_MAC' })
  const encryption_context = { team: 'billing' }
  const underRsa = { key_id: rsa, plain_text: 'under rsa', ...RSA }
  const boundText = { plain_text: 'bound text', additional_authenticated_data: 'aad' }
  return {
    aes,
    other,
    ec,
    rsa,
    hmac,
    external: await create('external', { origin: 'external' }),
    frame: await wrap(client, aes),
    sealed: await made('encrypt-data', 'cipher_text', { key_id: aes, plain_text: 'secret text' }),
    signature: await made('sign', 'signature', { key_id: ec, ...SIGNED }),
    mac: await made('generate-mac', 'mac', { key_id: hmac, ...MAC }),
    rsaText: await made('encrypt-data', 'cipher_text', underRsa),
    sealedPin: await made('create-pin', 'pin', {}),
    bound: {
      encryption_context,
      cipher_text: String((await wrap(client, other, { encryption_context }))['cipher_text']),
    },
    boundText: await made('encrypt-data', 'cipher_text', { key_id: other, ...boundText }),
    withPin: String((await wrap(client, other, PIN))['cipher_text']),
  }
}

/** Wraps the data key under a key. */
export async function wrap(
  client: OfficialClient,
  key_id: string,
  extra: object = {},
): Promise<Frame> {
  const { plain_text, datakey_plain_length } = DEK
  const fields = { key_id, plain_text, datakey_plain_length, ...extra }
  const { cipher_text } = await client.succeed('encrypt-datakey', fields)
  return { key_id, cipher_text, datakey_cipher_length: '64' }
}

/** The version that a frame names. */
export function versionOf({ cipher_text }: Frame): number {
  return Buffer.from(String(cipher_text), 'hex').readUInt32LE(8)
}

/** Expects a frame to open to the data key. */
export async function expectOpens(client: OfficialClient, frame: Frame): Promise<void> {
  const { data_key } = await client.succeed('decrypt-datakey', frame)
  expect(data_key).toBe(DEK.dek.toString('hex').toUpperCase())
}

/** Expects that what the keys made before still counts. */
export async function expectAllCounts(client: OfficialClient, samples: Samples): Promise<void> {
  await expectOpens(client, samples.frame)
  const sealed = await client.succeed('decrypt-data', { cipher_text: samples.sealed })
  expect(sealed['plain_text']).toBe('secret text')
  expect(await isSigned(client, samples.ec, samples.signature)).toBe('true')
  const mac = { key_id: samples.hmac, ...MAC, mac: samples.mac }
  expect((await client.succeed('verify-mac', mac))['mac_valid']).toBe(true)
  const underRsa = { key_id: samples.rsa, cipher_text: samples.rsaText, ...RSA }
  expect((await client.succeed('decrypt-data', underRsa))['plain_text']).toBe('under rsa')
}

/** What the service says of a signature. */
export async function isSigned(
  client: OfficialClient,
  key_id: string,
  signature: string,
): Promise<unknown> {
  return (await client.succeed('verify', { key_id, ...SIGNED, signature }))['signature_valid']
}
