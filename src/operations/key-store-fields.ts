import { type Static, Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { parseKeyId } from '../core/ids.js'
import type { Keystore } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import { OneOf, ProjectPath } from './fields.js'
import type { ProjectCall } from './operation.js'

/** Keystore of the published examples. */
export const EXAMPLE_KEYSTORE = {
  keystore_id: 'bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e',
  domain_id: 'b168fe00ff56492495a7d22974df2d0b',
  keystore_alias: 'test',
  keystore_type: 'DHSM' as const,
  hsm_cluster_id: 'cluster_id',
  cluster_id: 'cluster_id',
  create_time: '1581507580000',
}

/** Path parameters of the calls on one keystore. */
export const KeystorePath = Type.Object({
  ...ProjectPath.properties,
  keystore_id: Type.String({ description: 'Keystore id of 36 characters.' }),
})

/** `keystore_type`. */
export const KeystoreType = OneOf(['DEFAULT', 'DHSM', 'CDMS'], {
  description: 'Kind of keystore: DHSM or CDMS; DEFAULT is the one that is always there.',
  code: 'KMS.0308',
})

/** `keystore_id` in an answer. */
export const KeystoreId = Type.String({ description: 'Keystore id.' })

/** What the wire contract says of one keystore. */
export const KeystoreDetails = Type.Object({
  keystore_id: KeystoreId,
  domain_id: Type.String({ description: 'Account that registered it.' }),
  keystore_alias: Type.String({ description: 'Name.' }),
  keystore_type: KeystoreType,
  hsm_cluster_id: Type.String({ description: 'HSM cluster, as the operator named it.' }),
  cluster_id: Type.String({ description: 'The same.' }),
  create_time: Type.String({ description: 'Milliseconds since 1970.' }),
})

/** Answer of the calls that change the state of a keystore. */
export const KeystoreState = Type.Object({
  keystore: Type.Object({
    keystore_id: KeystoreId,
    keystore_state: Type.String({ description: '2 enabled, 3 disabled.' }),
  }),
})

/** Renders a keystore as the wire contract writes it. */
export function keystoreDetails(keystore: Keystore): Static<typeof KeystoreDetails> {
  return {
    keystore_id: keystore.id,
    domain_id: keystore.domainId,
    keystore_alias: keystore.alias,
    keystore_type: keystore.type,
    hsm_cluster_id: keystore.clusterId,
    cluster_id: keystore.clusterId,
    create_time: String(keystore.createdAt),
  }
}

/** Renders the state of a keystore. */
export function keystoreState({ id, state }: Keystore): Static<typeof KeystoreState> {
  return { keystore: { keystore_id: id, keystore_state: state } }
}

/**
 * Finds the keystore whose id stands in the path.
 *
 * @throws KmsError KMS.8003 when there is none, whether or not another account has it; KMS.0307 when the caller may not
 * do this with it
 */
export async function loadKeystore(
  { keystores }: Service,
  { caller, access }: ProjectCall,
  { keystore_id: text }: { readonly keystore_id: string },
): Promise<Keystore> {
  const id = parseKeyId(text)
  const keystore = id && (await keystores.find(id))
  if (keystore?.domainId !== caller.domainId) {
    throw new KmsError('KMS.8003', 'keystore_id in the path names no keystore of this account.')
  }
  await access.require({ keystoreId: keystore.id })
  return keystore
}
