import { createAuthenticator } from './auth/authenticator.js'
import { type Backend, openBackend } from './backend.js'
import type { Config } from './config.js'
import type { Credentials } from './credentials-file.js'
import { type DueWorkTimer, startDueWork } from './due-work-timer.js'
import { ensureFirstAccessKey } from './first-access-key.js'
import type { Stores } from './core/service.js'
import { createApp } from './http/app.js'
import type { ReadinessCheck } from './http/health.js'
import { type RunningServer, startServer } from './http/server.js'
import { operations } from './operations/index.js'
import { cachedAccessKeys } from './store/cached-access-keys.js'
import type { Log } from './telemetry/log.js'
import { type Metrics, createMetrics } from './telemetry/metrics.js'
import { readVersion } from './version.js'

/** The service, listening. */
export interface RunningService {
  /** Scheme, host and port under which it listens. */
  readonly url: string
  /** Credentials of this machine, where the first access key was made on it. */
  readonly credentials: Credentials | undefined
  /** Stops accepting, finishes what is under way, and lets go of token and database. */
  close(): Promise<void>
}

/** What is under way may take so long to finish; SIGTERM promises an end within 10 s. */
const CLOSE_GRACE_MS = 5_000

/** Puts every layer together: the only file that knows them all. */
export async function startService(config: Config, log: Log): Promise<RunningService> {
  const metrics = createMetrics()
  const observer = {
    ...metrics.hsm,
    agentEnded: agentEnded(log, (reason) => metrics.hsm.agentEnded(reason)),
  }
  const backend = await openBackend(config, observer)
  let dueWork: DueWorkTimer | undefined
  try {
    const parts = { backend, stores: backend.stores, log, metrics }
    const server = await listen(config, parts)
    const place = { dataDirectory: config.dataDirectory, endpoint: server.url }
    const random = backend.hsm
    const credentials = await ensureFirstAccessKey({ ...backend.accessKeyParts, random }, place)
    const timer = (dueWork = keepUpWithDueWork(config, parts))
    log.info({ url: server.url, profile: config.profile.name }, 'listening')
    return {
      url: server.url,
      credentials,
      async close() {
        await Promise.all([server.close(CLOSE_GRACE_MS), timer.close()])
        await backend.close()
        log.info({}, 'stopped')
      },
    }
  } catch (error) {
    await dueWork?.close()
    await backend.close()
    throw error
  }
}

/** What the parts of the service share. */
interface Shared {
  readonly backend: Backend
  readonly stores: Stores
  readonly log: Log
  readonly metrics: Metrics
}

function keepUpWithDueWork(config: Config, parts: Shared): DueWorkTimer {
  const { backend, stores, log, metrics } = parts
  return startDueWork({
    keys: stores.keys,
    importPairs: stores.importPairs,
    tokens: backend.tokens,
    log,
    count: (work, outcome) => metrics.dueWork(work, outcome),
    intervalMs: config.dueWorkIntervalMs,
  })
}

function listen(config: Config, parts: Shared): Promise<RunningServer> {
  const { backend, stores, log, metrics } = parts
  const { database, hsm, bindingKeys, sealing, tokens } = backend
  const clock = Date.now
  const app = createApp({
    operations,
    service: {
      ...stores,
      hsm,
      bindingKeys,
      tokens,
      credentials: sealing,
      clock,
      region: config.region,
      cmkQuota: config.cmkQuota,
      grantQuota: config.grantQuota,
      aliasListForm: config.aliasListForm,
    },
    authenticator: createAuthenticator({
      accessKeys: cachedAccessKeys(database.accessKeys, clock),
      secrets: sealing,
      clock,
    }),
    scheme: config.tls || config.tlsByProxy ? 'https' : 'http',
    readiness: readinessOf(backend),
    log,
    metrics,
    version: readVersion(),
  })
  return startServer(app, { host: config.host, port: config.port, tls: config.tls, log })
}

function readinessOf({ hsm, database }: Backend): readonly ReadinessCheck[] {
  return [
    { name: 'hsm', check: () => Promise.resolve(hsm.status().reason) },
    {
      name: 'database',
      check: () =>
        database.ping().then(
          () => undefined,
          () => 'The database does not answer or takes no writes.',
        ),
    },
  ]
}

function agentEnded(log: Log, count: (reason: string) => void): (reason: string) => void {
  return (reason) => {
    count(reason)
    if (reason === 'recycled') log.debug({ reason }, 'agent ended')
    else log.warn({ reason }, 'agent ended')
  }
}
