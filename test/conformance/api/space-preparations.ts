import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  randomUUID,
  sign,
} from 'node:crypto'
import { freshPair } from '../../support/fresh-pair.js'
import type { ApiClient } from './client.js'
import { disableKeystores, inKeystore } from './keystore-preparations.js'
import { type Prepare, freshName, key, otherKeys } from './making.js'
import type { JsonObject } from './value.js'

/** Access points and key policies, each in a key space of its own. */
export const SPACE_PREPARATIONS = {
  'an access point': (api) => accessPoints(api, 1),
  'five access points': (api) => accessPoints(api, 5),
  'a key policy': (api) => policies(api, 1),
  'five key policies': (api) => policies(api, 5),
  'a disabled access point': async (api) => {
    const known = await accessPoints(api, 1)
    await api.succeed('DisableAccessPoint', { access_point_id: known['point'] })
    return known
  },
  'a capsule': (api) => capsule(api, key),
  'a capsule of a disabled keystore': async (api) => {
    const known = await capsule(api, inKeystore)
    await disableKeystores(api)
    return known
  },
  'a capsule and other keys': async (api) => ({
    ...(await capsule(api, key)),
    ...(await otherKeys(api)),
    disabled: await unusable(api, 'DisableKey', {}),
    doomed: await unusable(api, 'DeleteKey', { pending_days: '7' }),
  }),
  'a key policy and a key': async (api) => ({ ...(await policies(api, 1)), ...(await key(api)) }),
} satisfies Record<string, Prepare>

async function accessPoints(api: ApiClient, count: number): Promise<JsonObject> {
  const space = randomUUID()
  let point: unknown
  for (let made = 0; made < count; made += 1) {
    const fields = { keyspace_id: space, access_point_name: freshName(), type: 3 }
    point = (await api.succeed('CreateAccessPoint', fields))['access_point_id']
    await api.succeed('EnableAccessPoint', { access_point_id: point })
  }
  return { space, point }
}

async function policies(api: ApiClient, count: number): Promise<JsonObject> {
  const space = randomUUID()
  let policy: unknown
  for (let made = 0; made < count; made += 1) {
    const fields = { keyspace_id: space, policy_name: freshName(), policy: '{"version":"1.0"}' }
    policy = (await api.succeed('CreateKeyPolicy', fields))['policy_id']
  }
  return { space, policy }
}

/** A capsule that an access point may open, its proof, and the proof of somebody else. */
async function capsule(api: ApiClient, make: Prepare): Promise<JsonObject> {
  const { space, point } = await accessPoints(api, 1)
  const { key: keyId } = await make(api)
  const policy = JSON.stringify({ version: '1.0', allowed_access_point: [point] })
  const named = { keyspace_id: space, policy_name: freshName(), policy }
  const { policy_id } = await api.succeed('CreateKeyPolicy', named)
  const made = await api.succeed('CreateDatakeyCapsule', {
    key_id: keyId,
    datakey_length: '256',
    policy_id,
  })
  const answer = await api.succeed('DownloadAccessPointPrivateKey', { access_point_id: point })
  const own = createPrivateKey({
    key: Buffer.from(String(answer['private_key']), 'base64'),
    format: 'der',
    type: 'pkcs8',
  })
  const { privateKey } = freshPair('ec', { namedCurve: 'P-256' })
  const what = { keyId: String(keyId), capsule: String(made['datakey_capsule']) }
  return {
    key: keyId,
    point,
    capsule: what.capsule,
    datakey: made['datakey'],
    proof: attest(own, what),
    foreign: attest(privateKey, what),
  }
}

/** The proof of a custom access point, as docs/trusted-key-space.md describes it. */
function attest(
  signer: KeyObject,
  { keyId, capsule: sealed }: { readonly keyId: string; readonly capsule: string },
): JsonObject {
  const expires = `${new Date(Date.now() + 1_800_000).toISOString().slice(0, 19)}Z`
  const digest = createHash('sha256').update(Buffer.from(sealed, 'base64')).digest('hex')
  const message = Buffer.from(['hsm-kms capsule 1', keyId, digest, '-', expires, ''].join('\n'))
  return {
    custom_signature: sign('sha256', message, signer).toString('base64'),
    custom_public_key: createPublicKey(signer)
      .export({ format: 'der', type: 'spki' })
      .toString('base64'),
    expire_time: expires,
  }
}

async function unusable(api: ApiClient, operation: string, fields: JsonObject): Promise<unknown> {
  const { key: made } = await key(api)
  await api.succeed(operation, { ...fields, key_id: made })
  return made
}
