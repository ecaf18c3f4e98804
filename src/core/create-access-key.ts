import type { AccessKey, AccessKeyStore } from './access-key.js'
import type { Clock } from './clock.js'
import { type GeneratedAccessKey, sealSecret } from './credential.js'
import type { ProjectId } from './ids.js'
import type { CredentialSealing } from './sealed-record.js'

/** Whom an access key acts for. */
export interface AccessKeyOwner {
  readonly projectId: ProjectId
  /** Account that owns the project. */
  readonly domainId: string
  readonly userId: string
}

/** What storing an access key needs. */
export interface AccessKeyParts {
  readonly sealing: CredentialSealing
  readonly store: AccessKeyStore
  readonly clock: Clock
}

/** Seals a generated access key and stores it; the clear secret stays the caller's, to be shown once and zeroed. */
export async function storeAccessKey(
  { sealing, store, clock }: AccessKeyParts,
  owner: AccessKeyOwner,
  generated: GeneratedAccessKey,
  temporary?: AccessKey['temporary'],
): Promise<AccessKey> {
  const { accessKeyId, secret } = generated
  const accessKey: AccessKey = {
    ...owner,
    id: accessKeyId,
    state: 'active',
    temporary,
    sealedSecret: await sealSecret(sealing, { identity: { ...owner, accessKeyId }, secret }),
    createdAt: clock(),
    revision: 1,
  }
  await store.insert(accessKey)
  return accessKey
}
