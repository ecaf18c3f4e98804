import type { Backend } from './backend.js'
import type { Config } from './config.js'
import {
  type AccessKeyOwner,
  type AccessKeyParts,
  storeAccessKey,
} from './core/create-access-key.js'
import { generateAccessKey } from './core/credential.js'
import type { Randomness } from './core/hsm.js'
import { newTenantId, projectId } from './core/ids.js'
import type { AuditLog } from './core/audit-event.js'
import { ownAct } from './core/own-act.js'
import { type TenantStores, createOwnTenant } from './core/create-own-tenant.js'
import {
  type Credentials,
  credentialsPath,
  readCredentials,
  writeCredentials,
} from './credentials-file.js'

/** What making the first access key needs. */
export interface FirstAccessKeyParts extends AccessKeyParts {
  readonly tenants: TenantStores
  readonly random: Randomness
  readonly region: string
  readonly audit: Pick<AuditLog, 'record'>
}

/**
 * Makes the first access key, and its account, project and user, where the store has neither users nor access keys, and
 * keeps the address in `credentials.json` up to date.
 *
 * The file is written first and the row second: whoever is killed in between finds the file, which says so, at the next
 * start and stores its key, and no row stands in the store whose secret nobody knows. What an operator deleted since does
 * not come back.
 *
 * @returns the credentials of this machine, or nothing where the store's keys were made elsewhere
 */
export async function ensureFirstAccessKey(
  parts: FirstAccessKeyParts,
  place: { readonly dataDirectory: string; readonly endpoint: string },
): Promise<Credentials | undefined> {
  const path = credentialsPath(place.dataDirectory)
  const found = readCredentials(path)
  const isStored =
    found !== undefined && (await parts.store.find(found.access_key_id)) !== undefined
  const isPending = !isStored && (await wasBrokenOff(parts, found))
  const isDue = isPending || (await isEmpty(parts))
  // A store with identities of its own, and no key of theirs in the file: nothing to show, and not our file to change.
  if (!isStored && !isDue) return undefined
  const kept = isStored || isPending ? found : undefined
  const { pending, ...known } = kept ?? (await newCredentials(parts.random, place.endpoint))
  const current = { ...known, endpoint: place.endpoint }
  if (isDue) {
    await writeCredentials(path, { ...current, pending: true })
    await store(parts, current)
  }
  if (isDue || pending || found?.endpoint !== place.endpoint) await writeCredentials(path, current)
  return current
}

async function isEmpty({ store, tenants }: FirstAccessKeyParts): Promise<boolean> {
  const [users, keys] = await Promise.all([tenants.identities.listUsers(), store.list()])
  return users.length === 0 && keys.length === 0
}

/** Whether the last start ended between the file and the rows; a key that others made since shows that it did not. */
async function wasBrokenOff({ store }: FirstAccessKeyParts, found?: Credentials): Promise<boolean> {
  return found?.pending === true && (await store.list()).length === 0
}

async function newCredentials(random: Randomness, endpoint: string): Promise<Credentials> {
  const { accessKeyId, secret } = await generateAccessKey(random)
  try {
    return {
      endpoint,
      project_id: newTenantId(),
      domain_id: newTenantId(),
      user_id: newTenantId(),
      access_key_id: accessKeyId,
      secret_access_key: Buffer.from(secret).toString('latin1'),
    }
  } finally {
    secret.fill(0)
  }
}

async function store(parts: FirstAccessKeyParts, credentials: Credentials): Promise<void> {
  const owner: AccessKeyOwner = {
    projectId: projectId(credentials.project_id),
    domainId: credentials.domain_id,
    userId: credentials.user_id,
  }
  const accessKeyId = credentials.access_key_id
  const time = parts.clock()
  await parts.audit.record(ownAct('CreateFirstAccessKey', { time, ...owner, accessKeyId }))
  await createOwnTenant(parts.tenants, owner, {
    region: parts.region,
    userName: 'first',
    now: time,
  })
  const secret = Buffer.from(credentials.secret_access_key, 'latin1')
  try {
    await storeAccessKey(parts, owner, { accessKeyId, secret })
  } finally {
    secret.fill(0)
  }
}

/** Takes what making the first access key needs from what is open. */
export function firstAccessKeyParts(
  { region }: Pick<Config, 'region'>,
  {
    accessKeyParts,
    database,
    hsm,
    audit,
  }: Pick<Backend, 'accessKeyParts' | 'database' | 'hsm' | 'audit'>,
): FirstAccessKeyParts {
  return { ...accessKeyParts, tenants: database, random: hsm, region, audit }
}
