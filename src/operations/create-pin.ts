import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { drawPin, sealPin } from '../core/pin.js'
import type { Service } from '../core/service.js'
import { EXAMPLE_SEALED_PIN } from './examples.js'
import { OneOf, ProjectPath, failing } from './fields.js'
import { type ProjectCall, defineOperation } from './operation.js'

/** Keystores of the service itself, by the numbers that the contract gives them; 0 is how key details name it. */
const OWN_KEYSTORES: readonly string[] = ['0', '1', '2']

const Body = Type.Object({
  pin_type: Type.Optional(
    OneOf(['PlainText', 'CipherText'], {
      description: 'Form of the PIN: sealed, which is the default, or in clear.',
      code: 'KMS.0308',
    }),
  ),
  keystore_id: Type.Optional(
    Type.String({
      description: '1 or 2 for the keystore of the service, or the id of a dedicated keystore.',
      maxLength: 64,
      ...failing({ code: 'KMS.0340', expected: '1, 2 or the id of a keystore' }),
    }),
  ),
})

/** Draws a PIN for data keys. */
export const createPin = defineOperation({
  name: 'CreatePin',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-pin',
  action: 'kms:dek:create',
  identityAction: 'kms:dek:create',
  target: 'project',
  summary: 'Draw a PIN that data keys can be bound to.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    pin: Type.String({
      description: 'The PIN in clear, or sealed in base64 for calls with pin_type CipherText.',
    }),
  }),
  status: 200,
  errors: ['KMS.0340'],
  example: {
    request: { pin_type: 'CipherText', keystore_id: '1' },
    response: { pin: EXAMPLE_SEALED_PIN },
  },
  async handle({ body }, service, call) {
    await requireKeystore(service, call, body.keystore_id)
    const { hsm, credentials } = service
    const { projectId } = call.caller
    const pin = await drawPin(hsm)
    try {
      if (body.pin_type === 'PlainText') return { pin: Buffer.from(pin).toString('latin1') }
      return { pin: await sealPin(credentials, { projectId, pin }) }
    } finally {
      pin.fill(0)
    }
  },
})

/** The sealed PIN opens for data keys of every keystore, since it is the service that checks it. */
async function requireKeystore(
  { keystores }: Service,
  { caller }: ProjectCall,
  id: string | undefined,
): Promise<void> {
  if (id === undefined || OWN_KEYSTORES.includes(id)) return
  const keystore = await keystores.find(id)
  if (keystore?.domainId === caller.domainId && keystore.state === '2') return
  throw new KmsError('KMS.0340', 'keystore_id names no keystore of this account that is enabled.')
}
