import { Type } from '../packages/typebox.js'
import { ALIASES_PER_KEY } from '../core/alias.js'
import { requireNotPending } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
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

/** Moves an alias of the project to another CMK: calls that name the alias use that one from then on. */
export const associateAlias = defineOperation({
  name: 'AssociateAlias',
  group: 'Aliases',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/alias/associate',
  action: 'kms:alias:associate',
  identityAction: 'kms:alias:associate',
  target: 'key',
  summary: 'Move an existing alias to another key.',
  request: {
    path: ProjectPath,
    body: Type.Object({ alias: AliasField, target_key_id: KeyIdField }),
  },
  response: AliasDetails,
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1101'],
  example: {
    request: { target_key_id: EXAMPLE_KEY_ID, alias: 'alias/kms-1234' },
    response: EXAMPLE_ALIAS,
  },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.target_key_id)
    requireNotPending(cmk)
    const alias = await service.aliases.move({
      projectId: cmk.projectId,
      name: storedAlias(body.alias),
      to: cmk.id,
      at: service.clock(),
      perKey: ALIASES_PER_KEY,
    })
    if (!alias) throw new KmsError('KMS.0308', 'alias must be an existing alias of this project.')
    return aliasDetails(alias, service.region)
  },
})
