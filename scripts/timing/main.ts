/*
 * node dist/scripts/timing/main.js [SAMPLES]: the times of refusals that must not be told apart, and Welch's t of each
 * pair. A measurement and no test: on a busy machine it says little.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signRequest } from '../../src/auth/signer.js'
import { kmsctl, kmsctlJson } from '../../test/support/kmsctl.js'
import { OfficialClient } from '../../test/support/official-client.js'
import { startServiceProcess } from '../../test/support/service-process.js'
import { cropped, momentsOf, welch } from './welch.js'

const PAIRS = [
  ['not yours', 'not there'],
  ['wrong signature', 'unknown access key'],
] as const
type Kind = (typeof PAIRS)[number][number]
const WARM_UP = 200

interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly projectId: string
}

const samples = Number(process.argv[2] ?? '10000')
const folder = await mkdtemp(join(tmpdir(), 'kms-timing-'))
const directory = join(folder, 'var')
const service = await startServiceProcess(directory, {
  KMS_LOCKOUT_FAILURES: '0',
  KMS_LOG_LEVEL: 'warn',
})
try {
  const foreign = await new OfficialClient(service.credentials()).createKey('of-another-account')
  const signer = await makeTenant()
  for (const pair of PAIRS) await comparePair(pair, { foreign, signer })
} finally {
  await service.end('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}

async function makeTenant(): Promise<Signer> {
  await kmsctlJson(directory, 'account', 'create', 'timing')
  await kmsctlJson(directory, 'project', 'create', 'timing', '--account', 'timing')
  const { id = '' } = await kmsctlJson(directory, 'user', 'create', 'timing', '--account', 'timing')
  await kmsctl(directory, ['policy', 'attach', 'system:full-access', id])
  const made = await kmsctlJson(directory, 'access-key', 'create', '--user', id)
  return {
    accessKeyId: made['access_key_id'] ?? '',
    secretAccessKey: made['secret_access_key'] ?? '',
    projectId: made['project_id'] ?? '',
  }
}

interface Scene {
  readonly foreign: string
  readonly signer: Signer
}

/** Both kinds in turn over one connection, in changing order: what slows the machine slows both. */
async function comparePair([one, other]: readonly [Kind, Kind], scene: Scene): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: Record<string, number[]> = { [one]: [], [other]: [] }
  for (let turn = -WARM_UP; turn < samples; turn += 1) {
    for (const kind of turn % 2 === 0 ? [one, other] : [other, one]) {
      const elapsed = await timed(agent, prepared(kind, scene))
      if (turn >= 0) times[kind]?.push(elapsed)
    }
  }
  agent.destroy()
  const [first, second] = [one, other].map((kind) => times[kind] ?? [])
  if (!first || !second) return
  const whole = welch(momentsOf(first), momentsOf(second))
  const trimmed = welch(momentsOf(cropped(first)), momentsOf(cropped(second)))
  const mean = [first, second].map((all) => momentsOf(cropped(all)).mean.toFixed(4))
  process.stdout.write(
    `${one} / ${other}: ${samples} samples each, mean ${mean.join(' / ')} ms, ` +
      `Welch's t ${whole.toFixed(2)}, without the slowest hundredth ${trimmed.toFixed(2)}\n`,
  )
}

function prepared(kind: Kind, { foreign, signer }: Scene) {
  const { accessKeyId, secretAccessKey, projectId } = signer
  const path = `/v1.0/${projectId}/kms/describe-key`
  const body = JSON.stringify({ key_id: kind === 'not yours' ? foreign : randomUUID() })
  const headers = signRequest({
    method: 'POST',
    url: `${service.url}${path}`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
    accessKeyId: kind === 'unknown access key' ? unknownId(accessKeyId) : accessKeyId,
    secretAccessKey: kind === 'wrong signature' ? 'x'.repeat(40) : secretAccessKey,
    projectId,
    now: Date.now(),
  })
  return { path, headers, body }
}

/** Another id each time, as whoever looks for one would try. */
function unknownId({ length }: string): string {
  return randomUUID().replaceAll('-', '').toUpperCase().slice(0, length)
}

function timed(
  agent: Agent,
  { path, headers, body }: ReturnType<typeof prepared>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const sent = request(`${service.url}${path}`, { method: 'POST', headers, agent }, (reply) => {
      reply.resume()
      reply.on('end', () => {
        const { statusCode = 0 } = reply
        if (statusCode === 404 || statusCode === 401) resolve(performance.now() - startedAt)
        else reject(new Error(`The service answered ${statusCode}.`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
