import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createThrowAwayToken } from 'softhsm-config-scripts'
import { startServiceProcess } from '../../test/support/service-process.js'

const REGION = 'eu-west-101'
const CLUSTER = 'second-token'

/**
 * Runs the service on a fresh token and a fresh database, with a second token for keystores, and hands over the path of
 * a file that says how to reach it.
 */
export async function withService<Result>(
  use: (settingsFile: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-sdk-'))
  const second = await createThrowAwayToken()
  try {
    const clusters = join(folder, 'clusters.json')
    const { uri, environment } = second
    await writeFile(clusters, JSON.stringify({ [CLUSTER]: { uri, environment } }))
    const service = await startServiceProcess(join(folder, 'var'), {
      KMS_REGION: REGION,
      KMS_HSM_CLUSTERS: clusters,
    })
    try {
      const settings = { ...service.credentials(), region: REGION, cluster: CLUSTER }
      const file = join(folder, 'settings.json')
      await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
      return await use(file)
    } finally {
      await service.end('SIGTERM')
    }
  } finally {
    await second.remove()
    await rm(folder, { recursive: true, force: true })
  }
}
