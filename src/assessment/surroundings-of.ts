import { connect } from 'node:net'
import { errorCode } from '../audit/error-code.js'
import type { Cryptoperiods } from '../compliance/life-cycle/life-cycle-seen.js'
import type { Seen } from '../compliance/seen.js'
import type { Surroundings } from '../compliance/surroundings.js'
import type { TransportSeen } from '../compliance/transport/transport-seen.js'
import type { OpenedParts } from '../backend.js'
import type { Config } from '../config.js'
import { gatherAuditLog } from './gather-audit-log.js'
import { gatherBuild } from './gather-build.js'
import { gatherLifeCycle, listCmks } from './gather-life-cycle.js'
import { gatherRights } from './gather-rights.js'
import { type Endpoint, gatherTransport } from './gather-transport.js'
import { type ScannedLog, scanAuditLog } from './scan-audit-log.js'

const CONNECT_MS = 3_000

/** What an assessor may choose about the surroundings. */
export interface SurroundingsWish {
  /** Where clients reach the service, if not at KMS_LISTEN; always TLS. */
  readonly endpoint: Endpoint | undefined
  readonly cryptoperiods: Cryptoperiods
  readonly maxAccessKeyDays: number
  readonly maxIdleDays: number
  /** Nothing outside of token, database and listener is asked. */
  readonly offline: boolean
}

/** Looks at what is around the token and the store of a configuration. */
export function surroundingsOf(
  config: Config,
  { hsm, database }: OpenedParts,
  wish: SurroundingsWish,
): Surroundings {
  const cmks = once(() => listCmks(database))
  const scan = once(() => scanned(config))
  return {
    auditLog: () =>
      gatherAuditLog({ hsm, serviceKeys: database.serviceKeys, settings: config.audit, scan }),
    lifeCycle: async () =>
      await gatherLifeCycle(database, { cmks: await cmks(), cryptoperiods: wish.cryptoperiods }),
    rights: async () =>
      await gatherRights(database, {
        cmks: await cmks(),
        log: await scan(),
        maxAgeDays: wish.maxAccessKeyDays,
        maxIdleDays: wish.maxIdleDays,
      }),
    transport: () => transportOf(config, wish.endpoint),
    build: () => gatherBuild({ ask: !wish.offline }),
  }
}

async function transportOf(
  config: Config,
  endpoint: Endpoint | undefined,
): Promise<Seen<TransportSeen>> {
  if (endpoint) return await gatherTransport(endpoint)
  const { host, port, tls, tlsByProxy } = config
  if (tlsByProxy) {
    return {
      omitted: 'A proxy in front terminates TLS (KMS_TLS=off): --endpoint HOST:PORT names it.',
    }
  }
  if (!tls)
    return { omitted: 'The listener speaks no TLS: it can be reached on this machine alone.' }
  if (port === 0 || !(await listens({ host, port }))) {
    return { omitted: `No service listens on ${host}:${port} (KMS_LISTEN) now.` }
  }
  return await gatherTransport({ host, port })
}

function listens({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.setTimeout(CONNECT_MS, () => socket.destroy())
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

/** The log as far as it can be read: its folder is made with the first event. */
async function scanned({ audit }: Config): Promise<ScannedLog | undefined> {
  try {
    return await scanAuditLog(audit.folder)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}
