import {
  type CredentialSealing,
  type RecordOwner,
  isUnderCurrentKey,
  openStoredRecord,
  sealRecord,
} from './sealed-record.js'

/** A secret of the service's own, as a store keeps it. */
export interface SealedSecret {
  readonly kind: 'access-key' | 'access-point'
  readonly id: string
  readonly owner: RecordOwner
  readonly record: Uint8Array
}

/** Port: every sealed secret, wherever it is kept. */
export interface SealedSecretStore {
  list(): Promise<readonly SealedSecret[]>
  /** Puts another record in the place of one, unless that has changed since it was read; returns whether it did. */
  replace(secret: SealedSecret, record: Uint8Array): Promise<boolean>
}

/** Those that are not sealed under the credential key in use. */
export async function secretsUnderOtherKeys(
  sealing: Pick<CredentialSealing, 'credentialKey'>,
  store: Pick<SealedSecretStore, 'list'>,
): Promise<readonly SealedSecret[]> {
  const all = await store.list()
  return all.filter(({ record }) => !isUnderCurrentKey(sealing, record))
}

/**
 * Seals a secret anew under the credential key in use. Returns whether it was the one that did: somebody else may have
 * been first, or have removed it.
 *
 * @throws HsmError
 */
export async function resealSecret(
  sealing: CredentialSealing,
  store: Pick<SealedSecretStore, 'replace'>,
  sealed: SealedSecret,
): Promise<boolean> {
  const { owner, record } = sealed
  const secret = await openStoredRecord(sealing, { owner, record })
  try {
    return await store.replace(sealed, await sealRecord(sealing, { owner, secret }))
  } finally {
    secret.fill(0)
  }
}
