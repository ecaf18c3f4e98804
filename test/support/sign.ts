import { createHash, createHmac } from 'node:crypto'
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.js'
import type { SignedRequest } from '../../src/auth/claim.js'
import type { AccessKey, AccessKeyStore } from '../../src/core/access-key.js'
import { sealSecret } from '../../src/core/credential.js'
import type { BearerToken } from '../../src/core/bearer-token.js'
import type { Client } from '../../src/core/client.js'
import type { Hsm } from '../../src/core/hsm.js'
import type { Account, KnownIdentities, User } from '../../src/core/identity.js'
import { type KeyRef, newKeyId, projectId } from '../../src/core/ids.js'
import type { CredentialSealing } from '../../src/core/sealed-record.js'
import { type MemoryHsmOptions, createMemoryHsm } from './memory-hsm.js'

/** The access key of the published test vectors. */
export const VECTOR = {
  accessKeyId: 'AKEXAMPLE0000000001',
  secretAccessKey: 'SKexample-not-a-real-secret-0000000000001',
  projectId: '0dea2644dc80d5d22ff1c01e3ebea6fc',
  host: 'kms.example.test:8443',
  date: '20250102T030405Z',
  now: Date.UTC(2025, 0, 2, 3, 4, 5),
} as const

/** A request to be signed by the reference signer. */
export interface ReferenceRequest {
  readonly method: string
  /** Raw request target. */
  readonly url: string
  /** Lower-case names; all but those in `unsigned` are signed, in order of their names. */
  readonly headers: Readonly<Record<string, string>>
  readonly unsigned?: readonly string[]
  readonly body?: string
  /** Canonical path and query where they are not simply those of `url`. */
  readonly canonicalPath?: string
  readonly canonicalQuery?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

/** Signs a request by the letter of the published rules, sharing no code with the service. */
export function referenceSign(request: ReferenceRequest): SignedRequest {
  const { method, url, headers, unsigned = [], body = '' } = request
  const [path = '', query = ''] = url.split('?')
  const names = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .sort()
  const canonical = [
    method,
    request.canonicalPath ?? (path.endsWith('/') ? path : `${path}/`),
    request.canonicalQuery ?? query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${headers[name] ?? ''}`),
    '',
    names.join(';'),
    headers['x-sdk-content-sha256'] ?? createHash('sha256').update(body).digest('hex'),
  ].join('\n')
  const digest = createHash('sha256').update(canonical).digest('hex')
  const text = `SDK-HMAC-SHA256\n${headers['x-sdk-date'] ?? ''}\n${digest}`
  const signature = createHmac('sha256', request.secretAccessKey ?? VECTOR.secretAccessKey)
    .update(text)
    .digest('hex')
  const authorization = `SDK-HMAC-SHA256 Access=${request.accessKeyId ?? VECTOR.accessKeyId}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return received({ method, url, headers: { ...headers, authorization }, body })
}

/** Where the requests of tests come from. */
export const SOMEBODY: Client = {
  address: '192.0.2.1',
  host: undefined,
  scheme: 'https',
  certificate: undefined,
}

/** A request as Node's HTTP server hands it over. */
export function received(request: {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}): SignedRequest {
  const { method, url, headers, body } = request
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()])
  return {
    method,
    url,
    headers: Object.fromEntries(lowered) as Record<string, string>,
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(body, 'utf8'),
    client: SOMEBODY,
  }
}

/** An authenticator that knows the access key of the vectors, on an in-memory HSM. */
export interface Bench {
  readonly authenticator: Authenticator
  readonly accessKeys: Map<string, AccessKey>
  readonly sealing: CredentialSealing
  /** Bearer tokens by the hexadecimal form of their digest. */
  readonly tokens: Map<string, BearerToken>
  readonly identities: KnownUsers
  /** The time that the authenticator sees; set it at will. */
  now: number
}

/** Makes sealing keys on a fresh in-memory HSM. */
export async function createSealing(
  options?: MemoryHsmOptions,
): Promise<CredentialSealing & { readonly hsm: Hsm }> {
  const hsm = createMemoryHsm(options)
  const binding: KeyRef = { keyId: newKeyId(), version: 1 }
  const credentialKey: KeyRef = { keyId: newKeyId(), version: 1 }
  await hsm.generateKey({ key: binding, kind: 'binding', label: 'kms/binding/1' })
  await hsm.generateKey({ key: credentialKey, kind: 'wrapping', label: 'kms/credential' })
  const bindingKeys = {
    current: binding,
    find: (generation: number) => (generation === binding.version ? binding : undefined),
  }
  return { hsm, bindingKeys, credentialKey }
}

/** Seals a secret into an access key as it is stored. */
export async function storedAccessKey(
  sealing: CredentialSealing,
  key: { readonly id: string; readonly secret: string } & Partial<AccessKey>,
): Promise<AccessKey> {
  const { secret, ...fields } = key
  const accessKey = {
    projectId: projectId(VECTOR.projectId),
    domainId: 'domain-1',
    userId: 'tester',
    state: 'active',
    temporary: undefined,
    createdAt: 0,
    revision: 1,
    ...fields,
  } as const
  const sealedSecret = await sealSecret(sealing, {
    identity: { ...accessKey, accessKeyId: key.id },
    secret: Buffer.from(secret, 'utf8'),
  })
  return { sealedSecret, ...accessKey }
}

/** A store over a map. */
export function mapStore(accessKeys: Map<string, AccessKey>): AccessKeyStore {
  return {
    insert(accessKey) {
      accessKeys.set(accessKey.id, accessKey)
      return Promise.resolve()
    },
    find: (id) => Promise.resolve(accessKeys.get(id)),
    list: () => Promise.resolve([...accessKeys.values()]),
    setState(id, state) {
      const accessKey = accessKeys.get(id)
      if (accessKey) accessKeys.set(id, { ...accessKey, state, revision: accessKey.revision + 1 })
      return Promise.resolve(accessKey !== undefined)
    },
    remove: (id) => Promise.resolve(accessKeys.delete(id)),
    removeExpired: () => Promise.resolve(0),
  }
}

/** Users and accounts that a test may change; whoever is not in them is active, and of the account given. */
export interface KnownUsers extends KnownIdentities {
  readonly users: Map<string, User | undefined>
  readonly accounts: Map<string, Account | undefined>
}

/** Makes identities of which everybody is active. */
export function activeIdentities(domainId: string): KnownUsers {
  const users = new Map<string, User | undefined>()
  const accounts = new Map<string, Account | undefined>()
  const common = { state: 'active', createdAt: 0, revision: 1 } as const
  return {
    users,
    accounts,
    findUser: (id) =>
      Promise.resolve(
        users.has(id)
          ? users.get(id)
          : { ...common, id, name: id, domainId, passwordHash: undefined, certificates: [] },
      ),
    findProject: (id) => Promise.resolve({ ...common, id, name: id, domainId }),
    findAccount: (id) =>
      Promise.resolve(accounts.has(id) ? accounts.get(id) : { ...common, id, name: id }),
  }
}

/** The hexadecimal form of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Makes an authenticator that knows the access key of the vectors. */
export async function createBench(options?: MemoryHsmOptions): Promise<Bench> {
  const sealing = await createSealing(options)
  const known = await storedAccessKey(sealing, {
    id: VECTOR.accessKeyId,
    secret: VECTOR.secretAccessKey,
  })
  const accessKeys = new Map([[known.id, known]])
  const bench = {
    accessKeys,
    sealing,
    tokens: new Map<string, BearerToken>(),
    identities: activeIdentities('domain-1'),
    now: VECTOR.now,
  }
  const authenticator = createAuthenticator({
    accessKeys: mapStore(accessKeys),
    identities: bench.identities,
    bearerTokens: { find: (digest) => Promise.resolve(bench.tokens.get(hexOf(digest))) },
    secrets: sealing,
    clock: () => bench.now,
  })
  return Object.assign(bench, { authenticator })
}
