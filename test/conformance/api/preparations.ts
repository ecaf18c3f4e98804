import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { ApiClient } from './client.js'
import { importFields, peerKey } from './material.js'
import { type Prepare, doomed, freshName, key, otherKeys } from './making.js'
import { KEYSTORE_PREPARATIONS } from './keystore-preparations.js'
import { SPACE_PREPARATIONS } from './space-preparations.js'
import { type JsonObject, at } from './value.js'

const DEK = randomBytes(64)
const PLAIN = digested(DEK)

const AGREEMENT = { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }
/** One byte more than RSA-2048 encrypts with OAEP and SHA-256. */
const LONG_BYTES = 191
const CHECKSUM_BYTES = 32

/** What cases find when they begin. Each makes things of its own, so that no case depends on another. */
const PREPARATIONS = {
  'a key': (api) => key(api),
  'a disabled key': async (api) => after(api, await key(api), ['DisableKey']),
  'a key to be deleted': async (api) => doomed(api, await key(api)),
  'an external key': (api) => key(api, { origin: 'external' }),
  'an external key to be deleted': async (api) =>
    doomed(api, await key(api, { origin: 'external' })),
  'an external key with material': imported,
  'an external key with waiting material': async (api) => {
    const known = await imported(api)
    await api.succeed('ImportKeyMaterial', await importFields(api, { key: known['key'] }))
    return known
  },
  'an external pair': async (api) => {
    const known = await key(api, { origin: 'external', key_spec: 'EC_P256' })
    const fields = await importFields(api, { key: known['key'], curve: 'P-256' })
    await api.succeed('ImportKeyMaterial', fields)
    return known
  },
  'an empty external pair': (api) => key(api, { origin: 'external', key_spec: 'EC_P256' }),
  'an RSA key for signatures': (api) => key(api, { key_spec: 'RSA_2048' }),
  'an RSA key for encryption': (api) =>
    key(api, { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' }),
  'an EC key': (api) => key(api, { key_spec: 'EC_P256' }),
  'a key for agreement': (api) => key(api, AGREEMENT),
  'an HMAC key': (api) => key(api, { key_spec: 'HMAC_256' }),
  'two keys': async (api) => {
    const { key: other, alias: otherAlias } = await key(api)
    return { ...(await key(api)), other, otherAlias }
  },
  'a disabled EC key': async (api) =>
    after(api, await key(api, { key_spec: 'EC_P256' }), ['DisableKey']),
  'an EC key to be deleted': async (api) => doomed(api, await key(api, { key_spec: 'EC_P256' })),
  'a rotated key': async (api) => after(api, await key(api), ['RotateOnDemand']),
  'a disabled sealed text': async (api) => after(api, await sealedText(api), ['DisableKey']),
  'a sealed text to be deleted': async (api) => doomed(api, await sealedText(api)),
  'a rotating key': async (api) => after(api, await key(api), ['EnableKeyRotation']),
  'a sealed data key': sealedDatakey,
  'a sealed text': sealedText,
  'a MAC': async (api) => {
    const known = await key(api, { key_spec: 'HMAC_256' })
    const fields = { key_id: known['key'], mac_algorithm: 'HMAC_SHA_256', message: 'bWVzc2FnZQ==' }
    return { ...known, mac: (await api.succeed('GenerateMac', fields))['mac'] }
  },
  'a signature': async (api) => {
    const known = await key(api, { key_spec: 'EC_P256' })
    const fields = { key_id: known['key'], message: 'bWVzc2FnZQ==', message_type: 'RAW' }
    const answer = await api.succeed('Sign', { ...fields, signing_algorithm: 'ECDSA_SHA_256' })
    return { ...known, signature: answer['signature'] }
  },
  'a sealed text without material': async (api) => {
    const known = await imported(api)
    const fields = { key_id: known['key'], plain_text: 'clear' }
    const cipher = (await api.succeed('EncryptData', fields))['cipher_text']
    return { ...(await after(api, known, ['DeleteImportedKeyMaterial'])), cipher }
  },
  'sealed things and other keys': async (api) => ({
    ...(await sealedText(api)),
    ...(await otherKeys(api)),
    ...(await longThings(api)),
  }),
  'a forged data key under an RSA key': forgedDatakey,
  'a disabled HMAC key': async (api) =>
    after(api, await key(api, { key_spec: 'HMAC_256' }), ['DisableKey']),
  'an HMAC key to be deleted': async (api) => doomed(api, await key(api, { key_spec: 'HMAC_256' })),
  'a disabled key for agreement': async (api) =>
    after(api, await key(api, AGREEMENT), ['DisableKey']),
  'a key for agreement to be deleted': async (api) => doomed(api, await key(api, AGREEMENT)),
  'a key with all its grants': async (api) => grants(api, 100),
  'an alias and a key to be deleted': async (api) => ({
    ...(await aliases(api, 1)),
    other: (await doomed(api, await key(api)))['key'],
  }),
  'parameters for import': async (api) => {
    const known = await key(api, { origin: 'external' })
    return { ...known, ...(await importFields(api, { key: known['key'] })) }
  },
  'parameters for a pair': async (api) => {
    const known = await key(api, { origin: 'external', key_spec: 'EC_P256' })
    return { ...known, ...(await importFields(api, { key: known['key'] })) }
  },
  'a pair on another curve': async (api) => {
    const known = await key(api, { origin: 'external', key_spec: 'EC_P256' })
    return { ...known, ...(await importFields(api, { key: known['key'], curve: 'P-384' })) }
  },
  'parameters for another key': async (api) => {
    const first = await key(api, { origin: 'external' })
    const fields = await importFields(api, { key: first['key'] })
    return { ...fields, ...(await key(api, { origin: 'external' })) }
  },
  'parameters of a key to be deleted': async (api) => {
    const known = await key(api, { origin: 'external' })
    return doomed(api, { ...known, ...(await importFields(api, { key: known['key'] })) })
  },
  'short material': async (api) => {
    const known = await key(api, { origin: 'external' })
    return { ...known, ...(await importFields(api, { key: known['key'], bytes: 16 })) }
  },
  'other material than before': async (api) => {
    const known = await after(api, await imported(api), ['DeleteImportedKeyMaterial'])
    return { ...known, ...(await importFields(api, { key: known['key'] })) }
  },
  'a grant': async (api) => ({ ...(await key(api)), ...(await grants(api, 1)) }),
  'a grant on another key': async (api) => ({ ...(await grants(api, 1)), ...(await key(api)) }),
  'five grants': (api) => grants(api, 5),
  'a tagged key': (api) => tagged(api, 1),
  'five tagged keys': (api) => tagged(api, 5),
  'an alias': (api) => aliases(api, 1),
  'five aliases': (api) => aliases(api, 5),
  'a key with all its tags': fullyTagged,
  ...KEYSTORE_PREPARATIONS,
  ...SPACE_PREPARATIONS,
} satisfies Record<string, Prepare>

/** Name of something that a case finds when it begins. */
export type Preparation = keyof typeof PREPARATIONS

/** Makes what a case needs; the values that every case knows are among the answer. */
export async function prepare(api: ApiClient, given: Preparation | undefined): Promise<JsonObject> {
  const own = given === undefined ? {} : await PREPARATIONS[given](api)
  return {
    unknown: '00000000-0000-4000-8000-000000000000',
    name: freshName(),
    sequence: randomUUID(),
    project: api.credentials.project_id,
    domain: api.credentials.domain_id,
    cluster: api.clusters[0],
    soon: Math.floor(Date.now() / 1000) + 3600,
    plain: PLAIN,
    plainLong: digested(randomBytes(LONG_BYTES)),
    peer: peerKey(),
    ...own,
  }
}

async function after(api: ApiClient, known: JsonObject, operations: readonly string[]) {
  for (const operation of operations) await api.succeed(operation, { key_id: known['key'] })
  return known
}

async function imported(api: ApiClient): Promise<JsonObject> {
  const known = await key(api, { origin: 'external' })
  await api.succeed('ImportKeyMaterial', await importFields(api, { key: known['key'] }))
  return known
}

async function sealedDatakey(api: ApiClient): Promise<JsonObject> {
  const known = await key(api)
  const made = await api.succeed('CreateDatakey', { key_id: known['key'] })
  return { ...known, cipher: made['cipher_text'], datakey: made['plain_text'] }
}

async function sealedText(api: ApiClient): Promise<JsonObject> {
  const known = await key(api)
  const made = await api.succeed('EncryptData', { key_id: known['key'], plain_text: 'clear' })
  return { ...known, other: (await key(api))['key'], cipher: made['cipher_text'] }
}

/** A text and a data key that are too long for RSA. */
async function longThings(api: ApiClient): Promise<JsonObject> {
  const { key: key_id } = await key(api)
  const text = await api.succeed('EncryptData', { key_id, plain_text: 'x'.repeat(LONG_BYTES) })
  const fields = { key_id, datakey_length: String(8 * LONG_BYTES) }
  const datakey = await api.succeed('CreateDatakey', fields)
  return {
    longKey: key_id,
    longText: text['cipher_text'],
    longDatakey: datakey['cipher_text'],
    longLength: String(LONG_BYTES),
  }
}

/** A frame whose checksum fits and whose ciphertext is another one than the token made. */
async function forgedDatakey(api: ApiClient): Promise<JsonObject> {
  const known = await key(api, { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
  const made = await api.succeed('CreateDatakey', { key_id: known['key'] })
  const frame = Buffer.from(String(made['cipher_text']), 'hex')
  const middle = Math.floor(frame.length / 2)
  frame.writeUInt8(frame.readUInt8(middle) ^ 1, middle)
  const checked = frame.subarray(0, frame.length - CHECKSUM_BYTES)
  const forged = Buffer.concat([checked, createHash('sha256').update(checked).digest()])
  return { ...known, cipher: forged.toString('hex') }
}

/** Hexadecimal of a data key and its digest. */
function digested(dek: Uint8Array): string {
  return `${Buffer.from(dek).toString('hex')}${createHash('sha256').update(dek).digest('hex')}`
}

async function grants(api: ApiClient, count: number): Promise<JsonObject> {
  const known = await key(api)
  const fields = {
    key_id: known['key'],
    grantee_principal: 'alice',
    operations: ['describe-key'],
  }
  let grant: unknown
  let caller: unknown
  for (let made = 0; made < count; made += 1) {
    const more = caller === undefined ? {} : { retiring_principal: caller }
    grant = (await api.succeed('CreateGrant', { ...fields, ...more }))['grant_id']
    if (caller !== undefined) continue
    const listed = await api.succeed('ListGrants', { key_id: known['key'] })
    caller = at(listed, 'grants.0.issuing_principal')
  }
  return { ...known, granted: known['key'], grant }
}

async function tagged(api: ApiClient, count: number): Promise<JsonObject> {
  const tag = { key: 'conformance', value: freshName() }
  let known: JsonObject = {}
  for (let made = 0; made < count; made += 1) {
    known = await key(api)
    await api.succeed('CreateKmsTag', { key_id: known['key'], tag })
  }
  return { ...known, tagKey: tag.key, tagValue: tag.value }
}

async function aliases(api: ApiClient, count: number): Promise<JsonObject> {
  const known = await key(api)
  let second = ''
  for (let made = 0; made < count; made += 1) {
    second = `alias/${freshName()}`
    await api.succeed('CreateAlias', { key_id: known['key'], alias: second })
  }
  return { ...known, other: (await key(api))['key'], second }
}

/** The user guide allows twenty tags. */
async function fullyTagged(api: ApiClient): Promise<JsonObject> {
  const known = await key(api)
  const tags = Array.from({ length: 20 }, (_, index) => ({ key: `k${index}`, value: '' }))
  await api.succeed('BatchCreateKmsTags', { key_id: known['key'], action: 'create', tags })
  return known
}
