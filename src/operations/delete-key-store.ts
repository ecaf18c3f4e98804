import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import type { Keystore } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import { KeystorePath, loadKeystore } from './key-store-fields.js'
import { defineOperation } from './operation.js'

/** Removes a keystore that is disabled and holds no key. Its HSM cluster can be registered anew. */
export const deleteKeyStore = defineOperation({
  name: 'DeleteKeyStore',
  group: 'Dedicated keystores',
  method: 'DELETE',
  path: '/v1.0/{project_id}/keystores/{keystore_id}',
  action: 'kms:keystore:delete',
  identityAction: 'kms:keystore:delete',
  target: 'keystore',
  summary: 'Remove a keystore.',
  request: { path: KeystorePath },
  response: Type.Null(),
  status: 204,
  errors: ['KMS.0308', 'KMS.8003'],
  example: { response: null },
  async handle({ path }, service, call) {
    const keystore = await loadKeystore(service, call, path)
    if (keystore.state !== '3') {
      throw new KmsError('KMS.0308', 'The keystore is enabled. Disable it first.')
    }
    // The store has the last word: a key may be on its way into the keystore.
    if (!(await service.keystores.remove(keystore.id))) throw await stillThere(service, keystore)
    await service.tokens.release(keystore.id)
    return null
  },
})

async function stillThere({ keys }: Service, { id }: Keystore): Promise<KmsError> {
  const count = await keys.countByKeystore(id)
  return count === 0
    ? new KmsError('KMS.8003', 'The keystore was removed already.')
    : new KmsError(
        'KMS.0308',
        `The keystore holds the material of ${count} keys. Schedule their deletion and wait for it first.`,
      )
}
