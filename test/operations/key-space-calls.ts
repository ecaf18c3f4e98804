import { createPrivateKey, createPublicKey, hash, randomUUID, sign } from 'node:crypto'
import { expect } from '@jest/globals'
import { PROJECT, type Deviation, type TestApp } from '../http/start-app.js'
import type { Reply } from '../http/client.js'

/** Calls on access points, key policies and capsules, for their tests. */
export interface KeySpaceCalls {
  readonly keySpace: string
  /** Sends a signed request to a path below the project. */
  send(method: string, path: string, body?: unknown, deviation?: Deviation): Promise<Reply>
  /** Makes an access point and returns its id. */
  createPoint(extra?: object): Promise<string>
  /** Makes a key policy and returns its id. */
  createPolicy(policy: object): Promise<string>
  privateKey(pointId: string): Promise<string>
  /** The proof of a custom access point for a capsule. */
  attest(request: {
    readonly privateKey: string
    readonly keyId: string
    readonly capsule: string
    readonly recipient?: Uint8Array
    readonly expireTime?: string
  }): Readonly<Record<string, string>>
}

/** Writes a time as the API reads it. */
export function wireTime(offsetMs: number): string {
  return `${new Date(Date.now() + offsetMs).toISOString().slice(0, 19)}Z`
}

/** A client of an application. */
export function keySpaceCalls(app: TestApp): KeySpaceCalls {
  const keySpace = randomUUID()
  const calls: KeySpaceCalls = {
    keySpace,
    send(method, path, body, deviation) {
      const project = deviation?.project ?? PROJECT
      const text = body === undefined ? '' : JSON.stringify(body)
      return app.sendSigned(method, `/v1.0/${project}/kms/${path}`, text, deviation)
    },
    async createPoint(extra = {}) {
      const { status, json } = await app.call('CreateAccessPoint', {
        keyspace_id: keySpace,
        access_point_name: 'billing',
        type: 3,
        ...extra,
      })
      expect(status).toBe(200)
      return String(json['access_point_id'])
    },
    async createPolicy(policy) {
      const { status, json } = await app.call('CreateKeyPolicy', {
        keyspace_id: keySpace,
        policy_name: 'rule',
        policy: JSON.stringify(policy),
      })
      expect(status).toBe(200)
      return String(json['policy_id'])
    },
    async privateKey(pointId) {
      const reply = await calls.send('POST', `access-points/${pointId}/get-privatekey`)
      expect(reply.status).toBe(200)
      return String(reply.json['private_key'])
    },
    // Written from the documentation, not with the code under test.
    attest({ privateKey, keyId, capsule, recipient, expireTime = wireTime(60_000) }) {
      const key = createPrivateKey({
        key: Buffer.from(privateKey, 'base64'),
        format: 'der',
        type: 'pkcs8',
      })
      const digest = hash('sha256', Buffer.from(capsule, 'base64'), 'hex')
      const whom = recipient ? hash('sha256', recipient, 'hex') : '-'
      const message = `hsm-kms capsule 1\n${keyId}\n${digest}\n${whom}\n${expireTime}\n`
      return {
        custom_signature: sign('sha256', Buffer.from(message), key).toString('base64'),
        custom_public_key: createPublicKey(key)
          .export({ type: 'spki', format: 'der' })
          .toString('base64'),
        expire_time: expireTime,
      }
    },
  }
  return calls
}
