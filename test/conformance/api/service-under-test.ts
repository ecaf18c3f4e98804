import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chosen } from '../../support/chosen-token.js'
import { type ServiceProcess, startServiceProcess } from '../../support/service-process.js'
import { ApiClient, type ClientTarget } from './client.js'

/** HSM clusters that keystores can be registered on: one to come and go, one whose keystore has keys. */
const CLUSTERS = ['cluster-a', 'cluster-b'] as const

/** The service as an operator runs it, on the chosen token and SQLite, and a client that knows its document. */
export interface ServiceUnderTest {
  readonly api: ApiClient
  readonly dataDirectory: string
  readonly process: ServiceProcess
  close(this: void): Promise<void>
}

/** Starts the service with three tokens of its own; `watch` sees what its client sends and is answered. */
export async function startServiceUnderTest({
  environment: more = {},
  watch,
}: {
  readonly environment?: Readonly<Record<string, string>>
  readonly watch?: ClientTarget['watch']
} = {}): Promise<ServiceUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-conformance-'))
  const tokens = await Promise.all(CLUSTERS.map(() => chosen.open()))
  const clusters = Object.fromEntries(
    CLUSTERS.map((name, index) => {
      const { uri = '', profile = chosen.name, environment = {} } = tokens[index] ?? {}
      return [name, { uri, profile, environment }]
    }),
  )
  const file = join(folder, 'clusters.json')
  await writeFile(file, JSON.stringify(clusters))
  const service = await startServiceProcess(join(folder, 'var'), {
    KMS_REGION: 'eu-west-101',
    KMS_CMK_QUOTA: '5000',
    KMS_HSM_CLUSTERS: file,
    ...more,
  })
  const target = { credentials: service.credentials(), clusters: CLUSTERS }
  return {
    api: await ApiClient.open(watch ? { ...target, watch } : target),
    dataDirectory: service.dataDirectory,
    process: service,
    async close() {
      await service.end('SIGTERM')
      await Promise.all(tokens.map((token) => token.remove()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
