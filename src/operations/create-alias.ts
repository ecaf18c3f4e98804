import { Type } from '../packages/typebox.js'
import { ALIASES_PER_KEY, type Alias } from '../core/alias.js'
import { requireNotPending } from '../core/cmk.js'
import {
  AliasDetails,
  AliasField,
  EXAMPLE_ALIAS,
  aliasDetails,
  storedAlias,
} from './alias-fields.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

/** Gives a CMK an additional alias, by which calls may name it. */
export const createAlias = defineOperation({
  name: 'CreateAlias',
  group: 'Aliases',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/aliases',
  action: 'kms:alias:create',
  identityAction: 'kms:alias:create',
  target: 'key',
  summary: 'Give a key an additional alias.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, alias: AliasField }) },
  response: AliasDetails,
  status: 201,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1101', 'KMS.1104'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, alias: 'alias/kms-1234' },
    response: EXAMPLE_ALIAS,
  },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.key_id)
    requireNotPending(cmk)
    const now = service.clock()
    const alias: Alias = {
      name: storedAlias(body.alias),
      projectId: cmk.projectId,
      domainId: cmk.domainId,
      keyId: cmk.id,
      createdAt: now,
      updatedAt: now,
    }
    await service.aliases.insert({ alias, perKey: ALIASES_PER_KEY })
    return aliasDetails(alias, service.region)
  },
})
