import type { ApiClient } from './client.js'
import { type Prepare, freshName, key } from './making.js'
import { type JsonObject, at, isObject } from './value.js'

/** A keystore of the first cluster comes and goes; that of the second one has keys, so it stays. */
export const KEYSTORE_PREPARATIONS = {
  'no keystore': async (api) => {
    const known = await found(api, 0)
    if (known !== undefined) await gone(api, known)
    return {}
  },
  'a keystore': (api) => registered(api, 0),
  'a keystore without keys': (api) => registered(api, 0),
  'an enabled keystore': (api) => enabled(api, 0),
  'a key in a keystore': (api) => inKeystore(api),
  'a key in a disabled keystore': (api) => inDisabledKeystore(api),
  'an EC key in a disabled keystore': (api) => inDisabledKeystore(api, { key_spec: 'EC_P256' }),
  'a key for agreement in a disabled keystore': (api) =>
    inDisabledKeystore(api, { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }),
  'an HMAC key in a disabled keystore': (api) => inDisabledKeystore(api, { key_spec: 'HMAC_256' }),
  'a sealed text in a disabled keystore': async (api) => {
    const known = await inKeystore(api)
    const fields = { key_id: known['key'], plain_text: 'clear' }
    const cipher = (await api.succeed('EncryptData', fields))['cipher_text']
    const { key: other } = await key(api)
    await api.succeed('DisableKeyStore', { keystore_id: known['keystore'] })
    return { ...known, cipher, other }
  },
} satisfies Record<string, Prepare>

async function found(api: ApiClient, index: 0 | 1): Promise<JsonObject | undefined> {
  const { keystores } = await api.succeed('ListKeyStores', { limit: 100 })
  const all = Array.isArray(keystores) ? keystores.filter(isObject) : []
  const known = all.find((one) => one['hsm_cluster_id'] === api.clusters[index])
  return known && { keystore: known['keystore_id'], ks: known['keystore_alias'] }
}

async function registered(api: ApiClient, index: 0 | 1): Promise<JsonObject> {
  const known = await found(api, index)
  if (known !== undefined) {
    await api.succeed('DisableKeyStore', { keystore_id: known['keystore'] })
    return known
  }
  const ks = freshName()
  const fields = { keystore_alias: ks, hsm_cluster_id: api.clusters[index] }
  const made = await api.succeed('CreateKeyStore', fields)
  return { keystore: at(made, 'keystore.keystore_id'), ks }
}

async function enabled(api: ApiClient, index: 0 | 1): Promise<JsonObject> {
  const known = await registered(api, index)
  await api.succeed('EnableKeyStore', { keystore_id: known['keystore'] })
  return known
}

/** Makes a CMK in the keystore that has keys. */
export async function inKeystore(api: ApiClient, fields: JsonObject = {}): Promise<JsonObject> {
  const known = await enabled(api, 1)
  return { ...known, ...(await key(api, { ...fields, keystore_id: known['keystore'] })) }
}

/** Disables the keystore that has keys. */
export async function disableKeystores(api: ApiClient): Promise<void> {
  await registered(api, 1)
}

async function inDisabledKeystore(api: ApiClient, fields: JsonObject = {}): Promise<JsonObject> {
  const known = await inKeystore(api, fields)
  await api.succeed('DisableKeyStore', { keystore_id: known['keystore'] })
  return known
}

async function gone(api: ApiClient, { keystore }: JsonObject): Promise<void> {
  await api.succeed('DisableKeyStore', { keystore_id: keystore })
  await api.succeed('DeleteKeyStore', { keystore_id: keystore })
}
