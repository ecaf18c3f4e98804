import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthenticator } from '../../src/auth/authenticator.js'
import { createPasswords } from '../../src/auth/passwords.js'
import { signRequest } from '../../src/auth/signer.js'
import { storeAccessKey } from '../../src/core/create-access-key.js'
import { createOwnTenant } from '../../src/core/create-own-tenant.js'
import { generateAccessKey } from '../../src/core/credential.js'
import type { Hsm } from '../../src/core/hsm.js'
import { type ProjectId, projectId } from '../../src/core/ids.js'
import { loadServiceKeys } from '../../src/core/service-keys.js'
import type { Service } from '../../src/core/service.js'
import { Admission } from '../../src/http/admission.js'
import { type AppParts, createApp } from '../../src/http/app.js'
import { directClient } from '../../src/http/client-reader.js'
import { type RunningServer, type ServerOptions, startServer } from '../../src/http/server.js'
import { openTokens } from '../../src/open-tokens.js'
import { operations } from '../../src/operations/index.js'
import type { AnyOperation } from '../../src/operations/operation.js'
import { cachedAccessKeys } from '../../src/store/cached-access-keys.js'
import { cachedStores } from '../../src/store/cached-stores.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import { createFollower } from '../../src/telemetry/follower.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { SlowCalls } from '../../src/telemetry/slow-calls.js'
import { startLog } from '../../src/telemetry/log.js'
import { chosen, isChosen } from '../support/chosen-token.js'
import { type MemoryHsmOptions, createMemoryHsm } from '../support/memory-hsm.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import {
  type MemoryAudit,
  allowAll,
  memoryAudit,
  noLimits,
  noLockOut,
} from '../support/open-doors.js'
import { type Reply, exchange } from './client.js'

/** Project of the access key that every call is signed with. */
export const PROJECT = projectId('0dea2644dc80d5d22ff1c01e3ebea6fc')
/** Another tenant of the same service. */
export const OTHER_PROJECT = projectId('ffffffffffffffffffffffffffffffff')
/** Account of both. */
export const DOMAIN = 'b168fe00ff56492495a7d22974df2d0b'
/** A tenant of another account. */
export const FOREIGN_PROJECT = projectId('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee')
/** Account of that tenant. */
export const FOREIGN_DOMAIN = 'dddddddddddddddddddddddddddddddd'
/** Region of the service. */
export const REGION = 'eu-west-101'

/** HSM cluster that keystores may be registered on, unless a test says otherwise. */
export const SAMPLE_CLUSTER = 'cluster_id'

/** How a signed request differs from the usual one. */
export interface Deviation {
  readonly headers?: Readonly<Record<string, string>>
  readonly project?: ProjectId
  /** Scheme and host that the client takes the service for. */
  readonly origin?: string
}

/** The application behind a real server, with an in-memory HSM, or the chosen token, and a SQLite file. */
export interface TestApp {
  readonly url: string
  readonly service: Service
  /** The same database as another replica sees it: past the memory of this one. */
  readonly database: Database
  /** Sends a request as it is, unsigned. */
  send(
    method: string,
    path: string,
    extra?: { headers?: Record<string, string>; body?: string | Uint8Array },
  ): Promise<Reply>
  /** Headers of a signed request. */
  sign(
    method: string,
    path: string,
    body: string | Uint8Array,
    deviation?: Deviation,
  ): Record<string, string>
  /** Signs a request and sends it. */
  sendSigned(
    method: string,
    path: string,
    body: string | Uint8Array,
    deviation?: Deviation,
  ): Promise<Reply>
  /** Calls an operation by name with a JSON body; its path parameters are members of the body, or stand for themselves. */
  call(operation: string, body: unknown, deviation?: Deviation): Promise<Reply>
  /** Makes a CMK with a fresh alias and returns its id. */
  createCmk(fields?: object): Promise<string>
  readonly audit: MemoryAudit
  readonly server: RunningServer
  /** Everything logged so far, one event each. */
  events(): readonly Record<string, unknown>[]
  close(): Promise<void>
}

/** An HSM cluster of the operator, as a test sets it up. */
export interface TestCluster {
  readonly domainId: string | undefined
  open(): Promise<Hsm>
}

const inMemory: TestCluster = {
  domainId: undefined,
  open: () => Promise.resolve(createMemoryHsm()),
}

/** The user of each project. */
const USERS = [
  { projectId: PROJECT, domainId: DOMAIN, userId: 'tester' },
  { projectId: OTHER_PROJECT, domainId: DOMAIN, userId: 'neighbour' },
  { projectId: FOREIGN_PROJECT, domainId: FOREIGN_DOMAIN, userId: 'foreigner' },
]

/** How an application differs from the usual one. */
export interface TestAppOptions {
  readonly hsm?: MemoryHsmOptions
  readonly clusters?: ReadonlyMap<string, TestCluster>
  readonly service?: (service: Service) => Service
  readonly app?: Partial<AppParts>
  readonly server?: Partial<ServerOptions>
}

/** Starts an application on a free port. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-http-'))
  const database = await openDatabase(`sqlite:${join(folder, 'kms.sqlite')}`)
  const clock = Date.now
  const hsm = await openHsm(options.hsm, folder)
  const keys = await loadServiceKeys({ hsm, store: database.serviceKeys, clock })
  const sealing = { hsm, ...keys }
  const parts = { sealing, store: database.accessKeys, clock }
  const signers = new Map<ProjectId, { accessKeyId: string; secretAccessKey: string }>()
  for (const owner of USERS) {
    await createOwnTenant(database, owner, {
      region: owner.projectId,
      userName: owner.userId,
      now: clock(),
    })
    const generated = await generateAccessKey(hsm)
    const { id } = await storeAccessKey(parts, owner, generated)
    const secretAccessKey = Buffer.from(generated.secret).toString('latin1')
    signers.set(owner.projectId, { accessKeyId: id, secretAccessKey })
  }
  const stores = cachedStores(database, clock)
  const tokens = openTokens({
    own: { hsm, ...keys },
    keystores: stores.keystores,
    serviceKeys: database.serviceKeys,
    clock,
    monotonic: clock,
    clusters: options.clusters ?? new Map([[SAMPLE_CLUSTER, inMemory]]),
    openHsm: (cluster) => cluster.open(),
  })
  const plain: Service = {
    hsm,
    bindingKeys: keys.bindingKeys,
    ...stores,
    tokens,
    credentials: sealing,
    clock,
    region: REGION,
    cmkQuota: 1000,
    grantQuota: 100,
    aliasListForm: 'by-client',
  }
  const service = options.service?.(plain) ?? plain
  const lines: string[] = []
  const log = startLog('debug', { write: (line) => void lines.push(line) })
  const authenticator = createAuthenticator({
    accessKeys: cachedAccessKeys(database.accessKeys, clock),
    identities: database.identities,
    bearerTokens: database.bearerTokens,
    secrets: sealing,
    clock,
  })
  const audit = memoryAudit()
  const app = createApp({
    operations,
    service,
    authenticator,
    judge: allowAll,
    limits: noLimits,
    lockOut: noLockOut,
    tokens: {
      identities: database.identities,
      bearerTokens: database.bearerTokens,
      passwords: createPasswords(),
      random: hsm,
      clock,
    },
    admission: new Admission({ requests: 1000, staleMs: 5000 }),
    audit,
    client: directClient(options.server?.tls ? 'https' : 'http'),
    readiness: [],
    log,
    metrics: createMetrics(),
    follower: createFollower({
      tracing: undefined,
      slowCalls: new SlowCalls(60_000, log),
      countSlow: () => undefined,
    }),
    version: '1.2.3',
    ...options.app,
  })
  const server = await startServer(app, { host: '127.0.0.1', port: 0, log, ...options.server })
  return {
    ...clientOf(server, (project) => signers.get(project)),
    service,
    database,
    audit,
    server,
    events: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    async close() {
      await server.close(1000)
      await tokens.close()
      await log.close()
      await hsm.close()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What the test says of the HSM can be had of one in memory alone; otherwise a run on a chosen token is one on it. */
async function openHsm(options: MemoryHsmOptions | undefined, folder: string): Promise<Hsm> {
  if (!isChosen || options) return createMemoryHsm(options)
  return openTestHsm(await chosen.open(folder), { agents: 1, timeoutMs: 60_000 })
}

type Client = Pick<TestApp, 'url' | 'send' | 'sign' | 'sendSigned' | 'call' | 'createCmk'>

function clientOf(
  { url }: RunningServer,
  signerOf: (project: ProjectId) => { accessKeyId: string; secretAccessKey: string } | undefined,
): Client {
  const client: Client = {
    url,
    send: (method, path, extra) => exchange({ method, origin: url, path, ...extra }),
    sign(method, path, body, { project = PROJECT, headers, origin = url } = {}) {
      const signer = signerOf(project)
      if (!signer) throw new Error('This project has no access key.')
      return signRequest({
        method,
        url: `${origin}${path}`,
        headers: { 'content-type': 'application/json', ...headers },
        body: Buffer.from(body),
        ...signer,
        projectId: project,
        now: Date.now(),
      })
    },
    sendSigned(method, path, body, deviation) {
      const headers = client.sign(method, path, body, deviation)
      return exchange({ method, origin: url, path, headers, body })
    },
    call(name, body, deviation) {
      const { method, path, request } = operationNamed(name)
      const project = deviation?.project ?? PROJECT
      const values = { ...(body as Record<string, unknown>), project_id: project }
      const filled = path.replace(/\{(\w+)\}/g, (_braces, parameter: string) => {
        const value = values[parameter as keyof typeof values] as unknown
        return typeof value === 'string' && value.length <= 64
          ? encodeURIComponent(Buffer.from(value).toString())
          : parameter
      })
      return client.sendSigned(method, filled, request.body ? JSON.stringify(body) : '', deviation)
    },
    async createCmk(fields) {
      const alias = `key-${Math.random().toString(36).slice(2)}`
      const { json } = await client.call('CreateKey', { key_alias: alias, ...fields })
      return (json['key_info'] as { key_id: string }).key_id
    },
  }
  return client
}

/** The operation of a name. */
export function operationNamed(name: string): AnyOperation {
  const operation = operations.find((candidate) => candidate.name === name)
  if (!operation) throw new Error(`There is no operation ${name}.`)
  return operation
}
