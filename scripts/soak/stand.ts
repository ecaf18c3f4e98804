import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultInjector } from '../../test/support/fault-injector/fault-injector.js'
import { type Postgres, startPostgres } from '../../test/support/postgres.js'
import { openSoftHsmToken } from '../../test/support/softhsm-token.js'
import type { TestToken } from '../../test/support/test-token.js'
import { type WorkloadKeys, makeKeys } from '../faults/workload.js'
import { Replica } from './replica.js'

/** Sessions of each agent of the second replica. */
const SESSIONS = 4

/**
 * Two replicas on one PostgreSQL and one token, everything of this run's own. Agents of the first have one session each, as
 * those of tokens of software; agents of the second have several and a thread for each, as those of tokens behind a network.
 */
export interface Stand {
  readonly first: Replica
  readonly second: Replica
  readonly faults: FaultInjector
  readonly postgres: Postgres
  readonly keys: WorkloadKeys
  /** Folder of the audit log of both. */
  readonly auditFolder: string
  /** Ends the replicas in good order and returns their exit codes. */
  endReplicas(this: void): Promise<readonly (number | null)[]>
  /** Ends and deletes everything. */
  remove(this: void): Promise<void>
}

/** Brings everything up. */
export async function openStand(): Promise<Stand> {
  const closing: (() => Promise<unknown>)[] = []
  async function remove(): Promise<void> {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'kms-soak-'))
    closing.push(() => rm(folder, { recursive: true, force: true }))
    const postgres = await startPostgres()
    closing.push(() => postgres.stop())
    const { token, faults } = FaultInjector.around(await openSoftHsmToken(), {
      sessionsPerAgent: SESSIONS,
    })
    closing.push(() => token.remove())
    const auditFolder = join(folder, 'audit')
    const environment = environmentOf(token, postgres, auditFolder)
    const [first, second] = await startReplicas(folder, environment, closing)
    const keys = await makeKeys(first.client)
    return {
      first,
      second,
      faults,
      postgres,
      keys,
      auditFolder,
      endReplicas: () => Promise.all([first.end(), second.end()]),
      remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function startReplicas(
  folder: string,
  environment: Readonly<Record<string, string>>,
  closing: (() => Promise<unknown>)[],
): Promise<readonly [Replica, Replica]> {
  const first = await Replica.start('first', {
    dataDirectory: join(folder, 'first'),
    environment: { ...environment, KMS_SESSIONS_PER_AGENT: '1' },
  })
  closing.push(() => first.end())
  const credentials = first.credentials()
  const second = await Replica.start('second', {
    dataDirectory: join(folder, 'second'),
    environment,
  })
  closing.push(() => second.end())
  for (const replica of [first, second]) replica.useCredentials(credentials)
  return [first, second]
}

function environmentOf(
  token: TestToken,
  postgres: Postgres,
  auditFolder: string,
): Readonly<Record<string, string>> {
  return {
    ...token.environment,
    KMS_PKCS11_URI: token.uri,
    KMS_HSM_PROFILE: token.profile,
    KMS_HSM_TIMEOUT_MS: '2000',
    KMS_HSM_GENERATION_TIMEOUT_MS: '2000',
    KMS_DATABASE_URL: postgres.url,
    KMS_AUDIT_DIR: auditFolder,
    KMS_CMK_QUOTA: '100000',
  }
}
