import { Type } from '../packages/typebox.js'
import { encodeHex } from '../codec/hex.js'
import { parseBits } from '../core/bits.js'
import { ProjectPath, Sequence, WholeNumber } from './fields.js'
import { defineOperation } from './operation.js'

/** Returns random bytes of the token's generator. */
export const createRandom = defineOperation({
  name: 'CreateRandom',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/gen-random',
  action: 'kms:cmk:generate',
  identityAction: 'kms::generateRandom',
  target: 'project',
  summary: 'Return random bytes.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      random_data_length: WholeNumber({
        description: 'Number of bits, 8 to 8192, a multiple of 8.',
        code: 'KMS.1801',
        expected: 'a number of bits from 8 to 8192, a multiple of 8',
      }),
      sequence: Sequence,
    }),
  },
  response: Type.Object({
    random_data: Type.String({ description: 'The bytes in upper-case hexadecimal.' }),
  }),
  status: 200,
  errors: ['KMS.1801', 'KMS.1802'],
  example: {
    request: { random_data_length: '64' },
    response: { random_data: '5791C223E87124AB' },
  },
  async handle({ body }, { hsm }) {
    const length = parseBits(body.random_data_length, {
      field: 'random_data_length',
      range: 'KMS.1801',
      whole: 'KMS.1802',
    })
    const bytes = await hsm.random(length)
    try {
      return { random_data: encodeHex(bytes) }
    } finally {
      // Many callers make a key of it.
      bytes.fill(0)
    }
  },
})
