import { Type } from '../packages/typebox.js'
import { currentKey } from '../core/cmk.js'
import { EXAMPLE_KEY_ID, EXAMPLE_MAC } from './examples.js'
import { ProjectPath } from './fields.js'
import { MAC_ERRORS, MacBody, readMacRequest } from './mac-request.js'
import { defineOperation } from './operation.js'
import { tokenOfCall } from './version-token.js'

/** Makes a MAC. */
export const generateMac = defineOperation({
  name: 'GenerateMac',
  group: 'MAC',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/generate-mac',
  action: 'kms:cmk:generateMac',
  identityAction: 'kms:cmk:generateMac',
  target: 'key',
  summary: 'Make a message authentication code.',
  request: { path: ProjectPath, body: MacBody },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that made the code.' }),
    mac_algorithm: Type.String({ description: 'Algorithm, as requested.' }),
    mac: Type.String({ description: 'The code, lower-case hexadecimal.' }),
  }),
  status: 200,
  errors: MAC_ERRORS,
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      mac_algorithm: 'HMAC_SHA_256',
      message: 'aGVsbG8gd29ybGQ=',
    },
    response: { key_id: EXAMPLE_KEY_ID, mac_algorithm: 'HMAC_SHA_256', mac: EXAMPLE_MAC },
  },
  async handle({ body }, service, call) {
    const { cmk, ...request } = await readMacRequest(service, call, body)
    const { hsm } = await tokenOfCall(service, call, cmk)
    const code = await hsm.mac({ ...request, key: currentKey(cmk) })
    const mac = Buffer.from(code).toString('hex')
    return { key_id: cmk.id, mac_algorithm: body.mac_algorithm, mac }
  },
})
