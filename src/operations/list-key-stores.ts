import { Type } from '../packages/typebox.js'
import { ProjectPath } from './fields.js'
import { EXAMPLE_KEYSTORE, KeystoreDetails, keystoreDetails } from './key-store-fields.js'
import { defineOperation } from './operation.js'
import { LimitField, OffsetField, parseOffsetPage } from './paging.js'

const KEYSTORES_ON_PAGE = 10

/** Lists the keystores of the account. */
export const listKeyStores = defineOperation({
  name: 'ListKeyStores',
  group: 'Dedicated keystores',
  method: 'GET',
  path: '/v1.0/{project_id}/keystores',
  action: 'kms:keystore:list',
  identityAction: 'kms:keystore:list',
  target: 'project',
  summary: 'List keystores.',
  request: {
    path: ProjectPath,
    query: Type.Object({
      limit: LimitField(KEYSTORES_ON_PAGE),
      offset: OffsetField,
    }),
  },
  response: Type.Object({
    total: Type.Integer({ description: 'How many keystores there are, on all pages.' }),
    keystores: Type.Array(KeystoreDetails, { description: 'Keystores of the page, oldest first.' }),
  }),
  status: 200,
  errors: ['KMS.1601', 'KMS.1603'],
  example: { response: { total: 1, keystores: [EXAMPLE_KEYSTORE] } },
  async handle({ query }, { keystores }, { caller }) {
    const page = parseOffsetPage(query, KEYSTORES_ON_PAGE)
    const found = await keystores.list({ domainId: caller.domainId, page })
    return { total: found.total, keystores: found.keystores.map(keystoreDetails) }
  },
})
