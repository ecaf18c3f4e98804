import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { API_VERSION, ApiVersion, apiVersion } from './api-version.js'
import { definePublicOperation } from './operation.js'

/** Shows one version of the API. */
export const showVersion = definePublicOperation({
  name: 'ShowVersion',
  group: 'API versions',
  method: 'GET',
  path: '/{version_id}',
  summary: 'Show one API version.',
  request: {
    path: Type.Object({ version_id: Type.String({ description: `Version id, ${API_VERSION}.` }) }),
  },
  response: Type.Object({ version: ApiVersion }),
  status: 200,
  errors: ['KMS.0201'],
  example: { response: { version: apiVersion('https://kms.example.test') } },
  handle({ path }, _service, { baseUrl }) {
    if (path.version_id === API_VERSION) return Promise.resolve({ version: apiVersion(baseUrl) })
    return Promise.reject(
      new KmsError('KMS.0201', `This API version does not exist; ${API_VERSION} does.`),
    )
  },
})
