import {
  type AccessKeyOwner,
  type AccessKeyParts,
  storeAccessKey,
} from './core/create-access-key.js'
import { generateAccessKey } from './core/credential.js'
import type { Randomness } from './core/hsm.js'
import { newTenantId, projectId } from './core/ids.js'
import {
  type Credentials,
  credentialsPath,
  readCredentials,
  writeCredentials,
} from './credentials-file.js'

/**
 * Makes the first access key where the store has none, and keeps the address in `credentials.json` up to date.
 *
 * The file is written first and the row second: whoever is killed in between finds the file at the next start and
 * stores its key, and no row stands in the store whose secret nobody knows.
 *
 * @returns the credentials of this machine, or nothing where the store's keys were made elsewhere
 */
export async function ensureFirstAccessKey(
  parts: AccessKeyParts & { readonly random: Randomness },
  place: { readonly dataDirectory: string; readonly endpoint: string },
): Promise<Credentials | undefined> {
  const path = credentialsPath(place.dataDirectory)
  const found = readCredentials(path)
  const firstEver = (await parts.store.list()).length === 0
  // A store with keys of its own, and none of them in the file: they are not ours to show, nor the file to change.
  if (!firstEver && !(found && (await parts.store.find(found.access_key_id)))) return undefined
  const credentials = found ?? (await newCredentials(parts.random, place.endpoint))
  const current = { ...credentials, endpoint: place.endpoint }
  if (found?.endpoint !== place.endpoint) await writeCredentials(path, current)
  if (firstEver) await store(parts, current)
  return current
}

async function newCredentials(random: Randomness, endpoint: string): Promise<Credentials> {
  const { accessKeyId, secret } = await generateAccessKey(random)
  try {
    return {
      endpoint,
      project_id: newTenantId(),
      domain_id: newTenantId(),
      access_key_id: accessKeyId,
      secret_access_key: Buffer.from(secret).toString('latin1'),
    }
  } finally {
    secret.fill(0)
  }
}

async function store(parts: AccessKeyParts, credentials: Credentials): Promise<void> {
  const owner: AccessKeyOwner = {
    projectId: projectId(credentials.project_id),
    domainId: credentials.domain_id,
    userName: 'first',
  }
  const secret = Buffer.from(credentials.secret_access_key, 'latin1')
  try {
    await storeAccessKey(parts, owner, { accessKeyId: credentials.access_key_id, secret })
  } finally {
    secret.fill(0)
  }
}
