/*
 * node dist/scripts/bench/audit/main.js [SECONDS [ROUNDS]]: throughput with the audit log on and off, in one run
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { type MeasuredService, startService } from '../measured-service.js'
import { type Pair, medianRatio, medians, pairedRounds, runRested } from '../rounds.js'
import { type Workload, prepareWorkload } from '../workload.js'

/** Of the throughput without the audit log, this much is to be left with it. */
const MARK = 0.85
const CONNECTIONS = [1, 32, 128] as const
const REPORT = 'reports/bench-audit.json'
const WARM_UP_SECONDS = 2

const [seconds = 4, rounds = 5] = process.argv.slice(2).map(Number)
const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort())

const results = await withService('on', (on) => withService('off', (off) => measure(on, off)))
await mkdir('reports', { recursive: true })
await writeFile(REPORT, `${JSON.stringify({ mark: MARK, seconds, rounds, results }, null, 2)}\n`)
process.stdout.write(`written to ${REPORT}\n`)

interface Side {
  readonly service: MeasuredService
  readonly workload: Workload
}

async function withService<Result>(
  audit: 'on' | 'off',
  use: (side: Side) => Promise<Result>,
): Promise<Result> {
  const settings = { KMS_AUDIT: audit }
  const service = await startService(interruption.signal, { settings })
  try {
    return await use({ service, workload: await prepareWorkload(service) })
  } finally {
    await service.stop()
  }
}

async function measure(on: Side, off: Side) {
  const measured = []
  for (const connections of CONNECTIONS) {
    await Promise.all([on, off].map((side) => load(side, connections, WARM_UP_SECONDS)))
    const pairs = await pairedRounds(
      rounds,
      () => load(on, connections, seconds),
      () => load(off, connections, seconds),
    )
    const result = resultOf(connections, pairs)
    process.stdout.write(
      `encrypt-datakey, ${connections} connections: ${Math.round(result.on.per_second)}/s with the audit log, ` +
        `${Math.round(result.off.per_second)}/s without: ${result.ratio.toFixed(3)} (mark ${MARK})\n`,
    )
    measured.push(result)
  }
  return measured
}

function resultOf(connections: number, pairs: readonly Pair[]) {
  return {
    connections,
    ratio: medianRatio(pairs.map(([on, off]) => [on.per_second, off.per_second])),
    on: medians(pairs.map(([on]) => on)),
    off: medians(pairs.map(([, off]) => off)),
  }
}

async function load({ service, workload }: Side, connections: number, length: number) {
  const requests = workload.requests(['encrypt-datakey'])
  const until = { seconds: length }
  const result = await runRested(
    { server: service, requests, connections, until },
    interruption.signal,
  )
  await workload.verify('encrypt-datakey', result.sample)
  return result.figures
}
