import { Type } from '../packages/typebox.js'
import { ApiVersion, apiVersion } from './api-version.js'
import { definePublicOperation } from './operation.js'

/** Lists the versions of the API. */
export const showVersions = definePublicOperation({
  name: 'ShowVersions',
  group: 'API versions',
  method: 'GET',
  path: '/',
  summary: 'List API versions.',
  request: {},
  response: Type.Object({ versions: Type.Array(ApiVersion) }),
  status: 200,
  errors: [],
  example: { response: { versions: [apiVersion('https://kms.example.test')] } },
  handle(_input, _service, { baseUrl }) {
    return Promise.resolve({ versions: [apiVersion(baseUrl)] })
  },
})
