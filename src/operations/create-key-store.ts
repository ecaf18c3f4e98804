import { type Static, Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { newKeyId } from '../core/ids.js'
import { NameField, ProjectPath, failing } from './fields.js'
import { KeystoreId, KeystoreType } from './key-store-fields.js'
import { defineOperation } from './operation.js'

const ClusterId = Type.String({
  description: 'HSM cluster that the operator has set up, by its name in the settings.',
  maxLength: 255,
  ...failing({ code: 'KMS.0340', expected: 'the name of an HSM cluster, a text' }),
})

const MAX_CERTIFICATE_LENGTH = 65_536

const Body = Type.Object({
  keystore_alias: NameField({ description: 'Name, unique in the account.', code: 'KMS.1101' }),
  hsm_cluster_id: Type.Optional(ClusterId),
  cluster_id: Type.Optional(ClusterId),
  hsm_ca_cert: Type.Optional(
    Type.String({
      description:
        'Taken and not used: how a cluster is reached and trusted is a matter of the operator.',
      maxLength: MAX_CERTIFICATE_LENGTH,
      ...failing({
        code: 'KMS.0308',
        expected: `a text of at most ${MAX_CERTIFICATE_LENGTH} characters`,
      }),
    }),
  ),
  keystore_type: Type.Optional(KeystoreType),
})

/** Registers an HSM cluster of the operator as a keystore of the account. It begins disabled. */
export const createKeyStore = defineOperation({
  name: 'CreateKeyStore',
  group: 'Dedicated keystores',
  method: 'POST',
  path: '/v1.0/{project_id}/keystores',
  action: 'kms:keystore:create',
  identityAction: 'kms:keystore:create',
  target: 'project',
  summary: 'Register a dedicated HSM cluster as a keystore.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    keystore: Type.Object({
      keystore_id: KeystoreId,
      domain_id: Type.String({ description: 'Account that registered it.' }),
    }),
  }),
  status: 200,
  errors: ['KMS.0340', 'KMS.1101', 'KMS.1104'],
  example: {
    request: { keystore_alias: 'test', hsm_cluster_id: 'cluster_id' },
    response: {
      keystore: {
        keystore_id: 'bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e',
        domain_id: 'b168fe00ff56492495a7d22974df2d0b',
      },
    },
  },
  async handle({ body }, { keystores, tokens, clock }, { caller }) {
    const { domainId } = caller
    const type = body.keystore_type ?? 'DHSM'
    if (type === 'DEFAULT') {
      throw new KmsError(
        'KMS.0340',
        'keystore_type must be DHSM or CDMS: the default keystore is always there, with the id 0.',
      )
    }
    const clusterId = chooseCluster(body)
    if (!tokens.clusters.has(clusterId, domainId)) {
      throw new KmsError(
        'KMS.0340',
        'hsm_cluster_id names no HSM cluster that the operator of this service has set up for this account.',
      )
    }
    const id = newKeyId()
    await keystores.insert({
      id,
      domainId,
      alias: body.keystore_alias,
      type,
      clusterId,
      state: '3',
      createdAt: clock(),
      revision: 1,
    })
    return { keystore: { keystore_id: id, domain_id: domainId } }
  },
})

function chooseCluster({ hsm_cluster_id: old, cluster_id: current }: Static<typeof Body>): string {
  const clusterId = current ?? old
  if (clusterId === undefined) throw new KmsError('KMS.0204', 'hsm_cluster_id is missing.')
  if (old !== undefined && old !== clusterId) {
    throw new KmsError(
      'KMS.0308',
      'hsm_cluster_id and cluster_id must be the same where both are given.',
    )
  }
  return clusterId
}
