import { randomBytes } from 'node:crypto'
import type { ApiClient } from './client.js'
import { type JsonObject, at } from './value.js'

/** Makes what a case needs, and returns it by the names that the case calls it by. */
export type Prepare = (api: ApiClient) => Promise<JsonObject>

/** A name that nothing has yet. */
export function freshName(): string {
  return `c-${randomBytes(8).toString('hex')}`
}

/** Makes a CMK: `key` is its id, `alias` its name. */
export async function key(api: ApiClient, fields: JsonObject = {}): Promise<JsonObject> {
  const alias = freshName()
  const made = await api.succeed('CreateKey', { key_alias: alias, ...fields })
  return { key: at(made, 'key_info.key_id'), alias }
}

/** Schedules the deletion of a CMK. */
export async function doomed(api: ApiClient, known: JsonObject): Promise<JsonObject> {
  await api.succeed('DeleteKey', { key_id: known['key'], pending_days: '7' })
  return known
}

const others = new WeakMap<ApiClient, Promise<JsonObject>>()

/** One key of each kind, for calls that refuse it: they are made once, since nothing changes them. */
export function otherKeys(api: ApiClient): Promise<JsonObject> {
  const known = others.get(api) ?? makeOthers(api)
  others.set(api, known)
  return known
}

const KINDS: Readonly<Record<string, JsonObject>> = {
  rsa: { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' },
  rsaSigner: { key_spec: 'RSA_2048' },
  ec: { key_spec: 'EC_P256' },
  hmac: { key_spec: 'HMAC_256' },
  empty: { origin: 'external' },
}

async function makeOthers(api: ApiClient): Promise<JsonObject> {
  const made = Object.entries(KINDS).map(async ([name, fields]) => [
    name,
    (await key(api, fields))['key'],
  ])
  return Object.fromEntries(await Promise.all(made)) as JsonObject
}
