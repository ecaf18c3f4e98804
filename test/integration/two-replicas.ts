import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../src/store/database.js'
import { chosen, settingsOf } from '../support/chosen-token.js'
import { newFolder } from '../support/folder.js'
import { kmsctl } from '../support/kmsctl.js'
import type { ClientCredentials } from '../support/official-client.js'
import { type Postgres, startPostgres } from '../support/postgres.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'

/** Two services on one PostgreSQL and one token, and the database itself. */
export interface TwoReplicas {
  readonly one: ServiceProcess
  readonly other: ServiceProcess
  readonly database: Database
  readonly postgres: Postgres
  readonly databaseUrl: string
  readonly auditFolder: string
  /** Settings of both. */
  readonly settings: Settings
  /** Starts another replica. */
  start(this: void, environment?: Settings): Promise<ServiceProcess>
  /** Credentials of the first user at a replica. */
  first(this: void, replica: ServiceProcess): ClientCredentials
  /** Runs `kmsctl` with the settings of the replicas. */
  kmsctl(this: void, ...args: readonly string[]): Promise<Readonly<Record<string, string>>>
  close(this: void): Promise<void>
}

type Settings = Readonly<Record<string, string>>

/** The HSM cluster of the replicas, a second token. */
export const CLUSTER = 'vault'

/** Starts them; the settings of `other` are added to those of both. */
export async function startTwoReplicas(settings: {
  readonly both?: Settings
  readonly other?: Settings
}): Promise<TwoReplicas> {
  const folder = await newFolder()
  const postgres = await startPostgres()
  const [token, second] = [await chosen.open(), await chosen.open()]
  const url = await postgres.createDatabase()
  const clusters = join(folder.path, 'clusters.json')
  const { uri, profile, environment } = second
  await writeFile(clusters, JSON.stringify({ [CLUSTER]: { uri, profile, environment } }))
  const both = {
    ...settingsOf(token),
    KMS_DATABASE_URL: url,
    KMS_HSM_CLUSTERS: clusters,
    KMS_AUDIT_DIR: join(folder.path, 'audit'),
    // Refusals are what is looked for.
    KMS_LOCKOUT_FAILURES: '0',
    KMS_AGENTS: '1',
    ...settings.both,
  }
  const running: ServiceProcess[] = []
  async function start(own: Settings = {}): Promise<ServiceProcess> {
    const directory = join(folder.path, `var${running.length}`)
    const service = await startServiceProcess(directory, { ...both, ...own })
    running.push(service)
    return service
  }
  async function end(): Promise<void> {
    await Promise.all(running.map((service) => service.end('SIGKILL')))
    await postgres.stop()
    await Promise.all([token.remove(), second.remove(), folder.remove()])
  }
  async function startBoth(): Promise<Pick<TwoReplicas, 'one' | 'other' | 'database'>> {
    const one = await start()
    const other = await start(settings.other)
    return { one, other, database: await openDatabase(url) }
  }
  const { one, other, database } = await startBoth().catch(async (error: unknown) => {
    await end()
    throw error
  })
  return {
    one,
    other,
    database,
    postgres,
    databaseUrl: url,
    auditFolder: join(folder.path, 'audit'),
    settings: both,
    start,
    first: (replica) => ({ ...one.credentials(), endpoint: replica.url }),
    async kmsctl(...args) {
      const { code, out, err } = await kmsctl(one.dataDirectory, args, { environment: both })
      if (code !== 0) throw new Error(`kmsctl ${args.join(' ')}: ${code} ${err}`)
      return out === '' ? {} : (JSON.parse(out) as Record<string, string>)
    },
    async close() {
      await database.close()
      await end()
    },
  }
}
