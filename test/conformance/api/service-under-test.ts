import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createThrowAwayToken } from 'softhsm-config-scripts'
import { startServiceProcess } from '../../support/service-process.js'
import { ApiClient } from './client.js'

/** HSM clusters that keystores can be registered on: one to come and go, one whose keystore has keys. */
const CLUSTERS = ['cluster-a', 'cluster-b'] as const

/** The service as an operator runs it, on SoftHSM and SQLite, and a client that knows its document. */
export interface ServiceUnderTest {
  readonly api: ApiClient
  close(this: void): Promise<void>
}

/** Starts the service with three tokens of its own. */
export async function startServiceUnderTest(): Promise<ServiceUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-conformance-'))
  const tokens = await Promise.all(CLUSTERS.map(() => createThrowAwayToken()))
  const clusters = Object.fromEntries(
    CLUSTERS.map((name, index) => {
      const { uri = '', environment = {} } = tokens[index] ?? {}
      return [name, { uri, environment }]
    }),
  )
  const file = join(folder, 'clusters.json')
  await writeFile(file, JSON.stringify(clusters))
  const service = await startServiceProcess(join(folder, 'var'), {
    KMS_REGION: 'eu-west-101',
    KMS_CMK_QUOTA: '5000',
    KMS_HSM_CLUSTERS: file,
  })
  return {
    api: await ApiClient.open({ credentials: service.credentials(), clusters: CLUSTERS }),
    async close() {
      await service.end('SIGTERM')
      await Promise.all(tokens.map(({ remove }) => remove()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
