import { type MeasuredService, startService } from '../measured-service.js'
import type { Options, ScaleOptions } from '../options.js'
import { type DatabaseName, SCALE_OPERATIONS, type Scale, type ScaleComparison } from '../report.js'
import { prepareWorkload } from '../workload.js'
import type { FilledProject } from './calls.js'
import { compareProjects } from './compare.js'
import { type Outline, SMALL, largeOutline, sizeOf } from './content.js'
import { type Databases, startDatabases } from './databases.js'
import { fill } from './fill.js'

type Settings = Pick<Options, 'rounds' | 'seconds' | 'warmUpSeconds'> & ScaleOptions

/**
 * Measures what calls cost a small and a large project. Each has a service and a database to itself, so that what grows
 * with all that a database holds shows as well as what grows with one project.
 */
export async function measureScale(
  options: Settings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Scale> {
  const large = largeOutline(options.keys)
  const comparisons: ScaleComparison[] = []
  for (const database of options.databases) {
    comparisons.push(...(await measureDatabase(database, { options, large, note, signal })))
  }
  return { small: sizeOf(SMALL), large: sizeOf(large), comparisons }
}

interface Run {
  readonly options: Settings
  readonly large: Outline
  readonly note: (text: string) => void
  readonly signal: AbortSignal
}

async function measureDatabase(
  database: DatabaseName,
  { options, large, note, signal }: Run,
): Promise<readonly ScaleComparison[]> {
  const databases = await startDatabases(database)
  try {
    return await withService(databases, SMALL, signal, (ofSmall) =>
      withService(databases, large, signal, async (ofLarge) => {
        note(`${database}, storing ${large.keys} keys`)
        const projects = {
          small: await fillProject(ofSmall, SMALL, { databases, signal }),
          large: await fillProject(ofLarge, large, { databases, signal }),
        }
        const comparisons: ScaleComparison[] = []
        for (const operation of SCALE_OPERATIONS) {
          note(`${database}, ${operation}`)
          const run = { database, operation }
          comparisons.push(await compareProjects(projects, run, options, signal))
        }
        return comparisons
      }),
    )
  } finally {
    await databases.stop()
  }
}

async function withService<Result>(
  databases: Databases,
  { keys }: Outline,
  signal: AbortSignal,
  use: (service: MeasuredService) => Promise<Result>,
): Promise<Result> {
  const url = await databases.newUrl()
  const settings = {
    KMS_CMK_QUOTA: String(keys),
    ...(url !== undefined && { KMS_DATABASE_URL: url }),
  }
  const service = await startService(signal, { settings })
  try {
    return await use(service)
  } finally {
    await service.stop()
  }
}

async function fillProject(
  service: MeasuredService,
  outline: Outline,
  { databases, signal }: { readonly databases: Databases; readonly signal: AbortSignal },
): Promise<FilledProject> {
  const workload = await prepareWorkload(service)
  const keyIds = await fill(service, outline, { lastKey: workload.keyId, signal })
  await databases.settle(service.databaseUrl)
  return { service, outline, keyIds, workload }
}
