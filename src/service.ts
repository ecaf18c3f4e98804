import { startAuditCheck } from './audit-check.js'
import { type Backend, openBackend } from './backend.js'
import { tellCertificateExpiry } from './certificate-expiry.js'
import type { Config } from './config.js'
import type { Credentials } from './credentials-file.js'
import { type Doors, openDoors } from './doors.js'
import { removeExpiredCredentials } from './expired-credentials.js'
import { type DueWorkTimer, startDueWork } from './due-work-timer.js'
import { Ending, within } from './end-within.js'
import { ensureFirstAccessKey, firstAccessKeyParts } from './first-access-key.js'
import { WrongToken } from './core/home-proof.js'
import type { AgentCounts } from './core/hsm-observer.js'
import { ownAct } from './core/own-act.js'
import type { Stores } from './core/service.js'
import { Admission } from './http/admission.js'
import { createApp } from './http/app.js'
import { clientBehindProxies, directClient } from './http/client-reader.js'
import { type RunningServer, startServer } from './http/server.js'
import { agentEnded, auditTold } from './notices.js'
import { operations } from './operations/index.js'
import { startPresence } from './presence.js'
import { readinessOf } from './readiness.js'
import { ALONE, type ServicePlace } from './service-place.js'
import { type Follower, createFollower } from './telemetry/follower.js'
import type { Log } from './telemetry/log.js'
import { type Metrics, createMetrics } from './telemetry/metrics.js'
import { SlowCalls } from './telemetry/slow-calls.js'
import { flushTraces, openTracing } from './telemetry/tracing.js'
import { followTlsFiles } from './tls-reload.js'
import { readVersion } from './version.js'

/** The service, server. */
export interface RunningService {
  /** Scheme, host and port under which it listens. */
  readonly url: string
  /** Credentials of this machine, where the first access key was made on it. */
  readonly credentials: Credentials | undefined
  /** Resolves when every agent has started, or could have. */
  readonly settled: Promise<void>
  /**
   * Stops accepting, finishes what is under way, and lets go of token and database, all within the time of the end; what
   * does not come to its end by then is left to the end of the process.
   */
  close(ending?: Ending): Promise<void>
}

/** An agent that does not start in this time is waited for no longer. */
const SETTLE_MS = 10_000

/** Puts every layer together: the only file that knows them all. */
export async function startService(
  config: Config,
  log: Log,
  place: ServicePlace = ALONE,
): Promise<RunningService> {
  const { siblings } = place
  const metrics = createMetrics()
  const follower = createFollower({
    tracing: openTracing(readVersion()),
    slowCalls: config.slowCallMs > 0 ? new SlowCalls(config.slowCallMs, log) : undefined,
    countSlow: metrics.slowRequest,
  })
  siblings.answer(METRICS_TOPIC, metrics.snapshot)
  const agents = settling(config.agents)
  const observer = {
    ...metrics.hsm,
    begins: follower.hsmWatch,
    agents(counts: AgentCounts) {
      metrics.hsm.agents(counts)
      agents.ready(counts.ready)
    },
    agentEnded: agentEnded(log, (reason) => metrics.hsm.agentEnded(reason)),
  }
  const backend = await openBackend(config, observer, {
    audit: auditTold(log, metrics),
    siblings,
    logins: place.logins,
  })
  const closing: ((ending: Ending) => Promise<unknown>)[] = [() => backend.close()]
  async function closeAll(ending: Ending): Promise<void> {
    for (const close of closing.reverse()) {
      if (!(await within(ending.workMs, close(ending)))) log.warn({}, 'a part did not end in time')
    }
  }
  try {
    if (!config.audit.on) log.warn({}, 'KMS_AUDIT=off: calls leave no trace')
    await beginWithPrevious(backend, log)
    const presence = await startPresence(backend)
    closing.push(presence.close)
    const doors = await openDoors(config, backend, place)
    closing.push(doors.close)
    const parts = { backend, stores: backend.stores, doors, log, metrics, follower, place }
    const server = await listen(config, parts)
    // Work that is under way by itself may wait for the HSM as requests may, and has no more time than they.
    const ownWork: { close(this: void): Promise<unknown> }[] = []
    closing.push(({ drainMs }) =>
      Promise.all([
        server.close(drainMs),
        within(drainMs, Promise.all(ownWork.map(({ close }) => close()))),
      ]),
    )
    if (config.tls) {
      tellCertificateExpiry(config.tls, metrics)
      const following = followTlsFiles(process.env, config.tls, {
        log,
        apply(tls) {
          server.exchangeTls(tls)
          tellCertificateExpiry(tls, metrics)
        },
      })
      closing.push(following.close)
    }
    const credentials = await ensureFirstAccessKey(firstAccessKeyParts(config, backend), {
      dataDirectory: config.dataDirectory,
      endpoint: server.url,
    })
    const timer = keepUpWithDueWork(config, parts)
    const expired = removeExpiredCredentials(backend.database, log)
    const check = startAuditCheck(
      { ...config.audit, on: config.audit.on && place.isFirst },
      { publicKeys: backend.auditPublicKeys, log, metrics },
    )
    ownWork.push(timer, expired, check)
    noteStart(backend)
    log.info({ url: server.url, profile: config.profile.name }, 'listening')
    return {
      url: server.url,
      credentials,
      settled: agents.settled,
      async close(ending = new Ending()) {
        await closeAll(ending)
        await within(ending.leftMs, flushTraces())
        log.info({}, 'stopped')
      },
    }
  } catch (error) {
    await closeAll(new Ending())
    throw error
  }
}

/** What the supervisor of several processes asks them for. */
const METRICS_TOPIC = 'metrics'

/** Waits for so many agents to be ready at once. */
function settling(wanted: number): {
  readonly settled: Promise<void>
  ready(this: void, count: number): void
} {
  let finish: (() => void) | undefined
  const settled = new Promise<void>((resolve) => (finish = resolve))
  setTimeout(() => finish?.(), SETTLE_MS).unref()
  return {
    settled,
    ready(count) {
      if (count >= wanted) finish?.()
    },
  }
}

/** What the parts of the service share. */
interface Shared {
  readonly backend: Backend
  readonly stores: Stores
  readonly doors: Doors
  readonly log: Log
  readonly metrics: Metrics
  readonly follower: Follower
  readonly place: ServicePlace
}

function keepUpWithDueWork(config: Config, parts: Shared): DueWorkTimer {
  const { backend, stores, log, metrics } = parts
  return startDueWork({
    keys: stores.keys,
    importPairs: stores.importPairs,
    tokens: backend.tokens,
    audit: backend.audit,
    log,
    count: (work, outcome) => metrics.dueWork(work, outcome),
    outlook: backend.database.outlook,
    gauges: metrics.dueWorkGauges,
    intervalMs: config.dueWorkIntervalMs,
  })
}

function listen(config: Config, parts: Shared): Promise<RunningServer> {
  const { backend, stores, doors, log, metrics, follower, place } = parts
  const { hsm, bindingKeys, sealing, tokens } = backend
  const clock = Date.now
  const scheme = config.tls || config.tlsByProxy ? 'https' : 'http'
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
    ...doors,
    admission: new Admission({ requests: config.requestLimit, staleMs: config.hsmTimeoutMs }),
    audit: backend.audit,
    client: config.trustedProxies
      ? clientBehindProxies(scheme, config.trustedProxies)
      : directClient(scheme),
    readiness: readinessOf(backend, place.siblings),
    log,
    metrics: {
      ...metrics,
      text: async () => (await place.metricsText?.()) ?? (await metrics.text()),
    },
    follower,
    version: readVersion(),
  })
  const { host, port, tls } = config
  return startServer(app, { host, port, tls, source: place.source, log })
}

/** @throws WrongToken */
async function beginWithPrevious({ previous, home }: Backend, log: Log): Promise<void> {
  if (!previous) return
  const state = await previous.begin()
  const about = { home, previous_home: previous.home() }
  if (previous.home() === home) {
    throw new WrongToken('KMS_HSM_PREVIOUS names the token of KMS_PKCS11_URI itself: name another.')
  }
  if (state === 'open') log.info(about, 'two tokens: keys are moving between them')
  else if (state === 'away') log.warn(about, 'the token of KMS_HSM_PREVIOUS cannot be opened yet')
  else log.warn(about, 'the token of KMS_HSM_PREVIOUS was retired: remove the setting')
}

/** The chain of this process begins with it. Where it cannot be written now, it is as soon as that can be. */
function noteStart({ audit }: Backend): void {
  audit.record(ownAct('StartService', { time: Date.now() })).catch(() => undefined)
}
