import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { ApiClient } from './client.js'
import { importFields, peerKey } from './material.js'
import { type JsonObject, at } from './value.js'

type Prepare = (api: ApiClient) => Promise<JsonObject>

const DEK = randomBytes(64)
const PLAIN = `${DEK.toString('hex')}${createHash('sha256').update(DEK).digest('hex')}`

/** What cases find when they begin. Each makes things of its own, so that no case depends on another. */
export const PREPARATIONS = {
  'a key': (api) => key(api),
  'a disabled key': async (api) => after(api, await key(api), ['DisableKey']),
  'a key to be deleted': async (api) => doomed(api, await key(api)),
  'an external key': (api) => key(api, { origin: 'external' }),
  'an external key to be deleted': async (api) => doomed(api, await key(api, { origin: 'external' })),
  'an external key with material': imported,
  'an external key with waiting material': async (api) => {
    const known = await imported(api)
    await api.succeed('ImportKeyMaterial', await importFields(api, { key: known['key'] }))
    return known
  },
  'an external pair': async (api) => {
    const known = await key(api, { origin: 'external', key_spec: 'EC_P256' })
    const fields = await importFields(api, { key: known['key'], pair: true })
    await api.succeed('ImportKeyMaterial', fields)
    return known
  },
  'an empty external pair': (api) => key(api, { origin: 'external', key_spec: 'EC_P256' }),
  'an RSA key for signatures': (api) => key(api, { key_spec: 'RSA_2048' }),
  'an RSA key for encryption': (api) =>
    key(api, { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' }),
  'an EC key': (api) => key(api, { key_spec: 'EC_P256' }),
  'a key for agreement': async (api) => ({
    ...(await key(api, { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' })),
    peer: peerKey(),
  }),
  'an HMAC key': (api) => key(api, { key_spec: 'HMAC_256' }),
  'two keys': async (api) => ({ ...(await key(api)), other: (await key(api))['key'] }),
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
  'parameters for import': async (api) => {
    const known = await key(api, { origin: 'external' })
    return { ...known, ...(await importFields(api, { key: known['key'] })) }
  },
  'a grant': async (api) => ({ ...(await key(api)), ...(await grants(api, 1)) }),
  'a grant on another key': async (api) => ({ ...(await grants(api, 1)), ...(await key(api)) }),
  'five grants': (api) => grants(api, 5),
  'a tagged key': (api) => tagged(api, 1),
  'five tagged keys': (api) => tagged(api, 5),
  'an alias': (api) => aliases(api, 1),
  'five aliases': (api) => aliases(api, 5),
  'a keystore': keystore,
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
    cluster: api.cluster,
    plain: PLAIN,
    ...own,
  }
}

function freshName(): string {
  return `c-${randomBytes(8).toString('hex')}`
}

async function key(api: ApiClient, fields: JsonObject = {}): Promise<JsonObject> {
  const alias = freshName()
  const made = await api.succeed('CreateKey', { key_alias: alias, ...fields })
  return { key: at(made, 'key_info.key_id'), alias }
}

async function after(api: ApiClient, known: JsonObject, operations: readonly string[]) {
  for (const operation of operations) await api.succeed(operation, { key_id: known['key'] })
  return known
}

async function doomed(api: ApiClient, known: JsonObject): Promise<JsonObject> {
  await api.succeed('DeleteKey', { key_id: known['key'], pending_days: '7' })
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

/** There is one cluster: the keystore that is there already is taken. */
async function keystore(api: ApiClient): Promise<JsonObject> {
  const listed = await api.succeed('ListKeyStores')
  const first: unknown = at(listed, 'keystores.0.keystore_id')
  if (first !== undefined) return { keystore: first, ks: at(listed, 'keystores.0.keystore_alias') }
  const ks = freshName()
  const made = await api.succeed('CreateKeyStore', {
    keystore_alias: ks,
    hsm_cluster_id: api.cluster,
  })
  return { keystore: at(made, 'keystore.keystore_id'), ks }
}
