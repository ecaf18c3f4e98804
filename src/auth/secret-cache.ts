import { type KeyObject, createSecretKey } from 'node:crypto'
import type { AccessKey } from '../core/access-key.js'
import { openSecret } from '../core/credential.js'
import type { CredentialSealing } from '../core/sealed-record.js'

/** Gives the secret of an access key, ready for HMAC. */
export type SecretSource = (accessKey: AccessKey) => Promise<KeyObject>

/**
 * Opens secret access keys through the HSM and keeps the last `capacity` of them in memory, by access key and
 * revision: the HSM is asked once for each, even when many first requests come at the same time.
 *
 * The secrets rest in the memory of the crypto library, outside the heap. A failure is not kept.
 *
 * @throws (each call) HsmError as the HSM throws it
 */
export function createSecretCache(sealing: CredentialSealing, capacity: number): SecretSource {
  const entries = new Map<string, Entry>()

  function keep(id: string, entry: Entry): void {
    // A map keeps the order of insertion: the first entry is the one that was used longest ago.
    entries.delete(id)
    entries.set(id, entry)
    const [oldest] = entries.keys()
    if (entries.size > capacity && oldest !== undefined) entries.delete(oldest)
  }

  return function secretOf(accessKey) {
    const { id, revision } = accessKey
    const kept = entries.get(id)
    if (kept?.revision === revision) {
      keep(id, kept)
      return kept.secret
    }
    const entry = { revision, secret: open(sealing, accessKey) }
    keep(id, entry)
    entry.secret.catch(() => {
      if (entries.get(id) === entry) entries.delete(id)
    })
    return entry.secret
  }
}

interface Entry {
  readonly revision: number
  readonly secret: Promise<KeyObject>
}

async function open(sealing: CredentialSealing, accessKey: AccessKey): Promise<KeyObject> {
  const { id: accessKeyId, projectId, domainId, userId, sealedSecret } = accessKey
  const identity = { accessKeyId, projectId, domainId, userId }
  const secret = await openSecret(sealing, { identity, sealedSecret })
  try {
    return createSecretKey(secret)
  } finally {
    secret.fill(0)
  }
}
