import { randomUUID } from 'node:crypto'
import { keySpaceCalls } from '../operations/key-space-calls.js'
import type { Preparation } from './sample-body.js'

/** What has to exist before the examples of key spaces and regions are good; path parameters stand in the body. */
export const KEY_SPACE_SAMPLES: Readonly<Record<string, Preparation>> = {
  async CreateDatakeyCapsule(app) {
    const key_policy = JSON.stringify({ version: '1', allowed_access_point: [randomUUID()] })
    return { key_id: await app.createCmk(), datakey_length: '256', key_policy }
  },
  async DecryptDatakeyCapsule(app) {
    const calls = keySpaceCalls(app)
    const point = await calls.createPoint()
    const privateKey = await calls.privateKey(point)
    const key_id = await app.createCmk()
    const key_policy = JSON.stringify({ version: '1', allowed_access_point: [point] })
    const wanted = { key_id, datakey_length: '256', key_policy }
    const capsule = String((await app.call('CreateDatakeyCapsule', wanted)).json['datakey_capsule'])
    const attestation_document = calls.attest({ privateKey, keyId: key_id, capsule })
    return { key_id, datakey_capsule: capsule, attestation_document }
  },
  async UpdateKeyPolicy(app, example) {
    return { ...example, policy_id: await keySpaceCalls(app).createPolicy({ version: '1' }) }
  },
}
