import { randomBytes } from 'node:crypto'
import { wrapMaterial } from '../support/wrap-material.js'
import type { Preparation } from './sample-body.js'
import type { TestApp } from './start-app.js'

/** What has to happen before the examples of life cycle, rotation and import are good. */
export const LIFE_CYCLE_SAMPLES: Readonly<Record<string, Preparation>> = {
  async CancelKeyDeletion(app, example) {
    const key_id = await app.createCmk()
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    return { ...example, key_id }
  },
  DisableKeyRotation: onRotatingKey,
  UpdateKeyRotationInterval: onRotatingKey,
  async CreateParametersForImport(app, example) {
    return { ...example, key_id: await app.createCmk({ origin: 'external' }) }
  },
  async ImportKeyMaterial(app) {
    return wrappedFor(app, await app.createCmk({ origin: 'external' }))
  },
  async DeleteImportedKeyMaterial(app) {
    const key_id = await app.createCmk({ origin: 'external' })
    await app.call('ImportKeyMaterial', await wrappedFor(app, key_id))
    return { key_id }
  },
}

async function onRotatingKey(
  app: TestApp,
  example: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const key_id = await app.createCmk()
  await app.call('EnableKeyRotation', { key_id })
  return { ...example, key_id }
}

async function wrappedFor(app: TestApp, key_id: string): Promise<Record<string, unknown>> {
  const wrapping_algorithm = 'RSAES_OAEP_SHA_256'
  const { json } = await app.call('CreateParametersForImport', { key_id, wrapping_algorithm })
  return { ...wrapMaterial(json, randomBytes(32)) }
}
