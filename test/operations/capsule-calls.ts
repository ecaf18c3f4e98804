import { expect } from '@jest/globals'
import type { Reply } from '../http/client.js'
import type { TestApp } from '../http/start-app.js'
import type { KeySpaceCalls } from './key-space-calls.js'

/** A capsule as it was answered, with its clear data key. */
export interface Made {
  readonly datakey: string
  readonly datakey_capsule: string
}

/** An application with a CMK, and an access point that capsules are made for. */
export interface CapsuleScene {
  readonly app: TestApp
  readonly calls: KeySpaceCalls
  readonly key_id: string
  readonly point: string
  /** PKCS#8 of the access point, base64. */
  readonly privateKey: string
}

/** Makes and opens capsules in a scene that is set by the time of the first call. */
export function capsuleCalls(scene: () => CapsuleScene): {
  create(this: void, extra?: object): Promise<Made>
  open(this: void, capsule: string, extra?: object): Promise<Reply>
} {
  return {
    async create(extra = {}) {
      const { app, key_id, point } = scene()
      const key_policy = JSON.stringify({ version: '1', allowed_access_point: [point] })
      const policy = 'policy_id' in extra ? {} : { key_policy }
      const body = { key_id, datakey_length: '256', ...policy, ...extra }
      const { status, json } = await app.call('CreateDatakeyCapsule', body)
      expect(status).toBe(200)
      return json as unknown as Made
    },
    open(capsule, extra = {}) {
      const { app, calls, key_id, privateKey } = scene()
      return app.call('DecryptDatakeyCapsule', {
        key_id,
        datakey_capsule: capsule,
        attestation_document: calls.attest({ privateKey, keyId: key_id, capsule }),
        ...extra,
      })
    },
  }
}
