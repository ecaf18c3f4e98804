import { Type } from 'typebox'
import { ProjectPath, WholeNumber } from './fields.js'
import { EXAMPLE_KEYSTORE, KeystoreDetails, keystoreDetails } from './key-store-fields.js'
import { defineOperation } from './operation.js'
import { LimitField, parseLimit, parseOffset } from './paging.js'

const KEYSTORES_ON_PAGE = 10

/** Lists the keystores of the account. */
export const listKeyStores = defineOperation({
  name: 'ListKeyStores',
  group: 'Dedicated keystores',
  method: 'GET',
  path: '/v1.0/{project_id}/keystores',
  action: 'kms:keystore:list',
  summary: 'List keystores.',
  request: {
    path: ProjectPath,
    query: Type.Object({
      limit: LimitField(KEYSTORES_ON_PAGE),
      offset: Type.Optional(
        WholeNumber({
          description: 'Where to start; absent: 0.',
          code: 'KMS.1603',
          expected: 'a whole number from 0',
        }),
      ),
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
    const page = {
      limit: parseLimit(query.limit, KEYSTORES_ON_PAGE),
      offset: parseOffset(query.offset, { field: 'offset', code: 'KMS.1603' }),
    }
    const found = await keystores.list({ domainId: caller.domainId, page })
    return { total: found.total, keystores: found.keystores.map(keystoreDetails) }
  },
})
