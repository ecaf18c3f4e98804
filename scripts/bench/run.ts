import { cpus, platform, release } from 'node:os'
import { readVersion } from '../../src/version.js'
import { type Contest, compare, requireSameSize } from './compare.js'
import { measureLatency } from './latency/measure.js'
import { judge, judgeLatency, judgeScale, judgeTokens } from './marks.js'
import { startBaseline, startService, tunedSettings } from './measured-service.js'
import { measureMemory } from './memory.js'
import type { Options } from './options.js'
import { processesAreShown } from './processes.js'
import { measureRawRate } from './raw-rate.js'
import type { Comparison, Mark, Memory, RawRate, Report, TokenRow } from './report.js'
import { measureScale } from './scale/measure.js'
import { measureTokens } from './token/measure.js'
import { DATAKEY_BYTES, prepareWorkload } from './workload.js'

/** Measures everything, one thing after the other; `note` hears what comes next. */
export async function run(
  options: Options,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  if (options.scale) {
    const scale = await measureScale({ ...options, ...options.scale }, note, signal)
    return assemble(options, { scale, marks: judgeScale(scale.comparisons) })
  }
  if (options.latency) {
    const latency = await measureLatency({ ...options, ...options.latency }, note, signal)
    return assemble(options, { latency, marks: judgeLatency(latency) })
  }
  if (options.token) {
    const token = await measureTokens({ ...options, ...options.token }, note, signal)
    return assemble(options, { token, marks: judgeTokens(token) })
  }
  note('bare PKCS#11 calls')
  const raw = await measureRawRate(options.seconds, signal)
  const comparisons: Comparison[] = []
  for (const processes of options.processes) {
    note(`${processes} HTTP ${processes === 1 ? 'process' : 'processes'}`)
    const measured = await withContest(
      processes,
      (contest) => compareAll(contest, options, note, signal),
      signal,
    )
    comparisons.push(...measured)
  }
  const memory = await memoryOf(options, note, signal)
  return assemble(options, { raw, comparisons, memory, marks: judge(comparisons, memory) })
}

async function withContest<Result>(
  processes: number,
  use: (contest: Contest) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const settings = { KMS_HTTP_PROCESSES: String(processes) }
  const service = await startService(signal, processes === 1 ? {} : { settings })
  try {
    const baseline = await startBaseline(signal)
    try {
      return await use({ processes, service, baseline, workload: await prepareWorkload(service) })
    } finally {
      await baseline.stop()
    }
  } finally {
    await service.stop()
  }
}

async function compareAll(
  contest: Contest,
  options: Options,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<readonly Comparison[]> {
  await requireSameSize(contest, options.operations)
  const comparisons: Comparison[] = []
  for (const operation of options.operations) {
    for (const connections of options.connections) {
      note(`${operation}, ${connections} connections`)
      comparisons.push(await compare(contest, { operation, connections }, options, signal))
    }
  }
  return comparisons
}

async function memoryOf(
  { requests }: Options,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Memory | null> {
  if (requests === 0) return null
  if (!processesAreShown()) {
    note('memory is left out: this system has no /proc')
    return null
  }
  note(`memory, twice ${requests} requests`)
  return measureMemory(requests, signal)
}

function assemble(
  { rounds, seconds }: Options,
  measured: Partial<Pick<Report, 'scale' | 'latency' | 'memory'>> & {
    readonly raw?: readonly RawRate[]
    readonly comparisons?: readonly Comparison[]
    readonly token?: readonly TokenRow[]
    readonly marks: readonly Mark[]
  },
): Report {
  const processors = cpus()
  return {
    finished_at: new Date().toISOString(),
    version: readVersion(),
    machine: {
      node: process.version,
      platform: `${platform()} ${release()}`,
      processors: processors.length,
      processor: processors[0]?.model ?? 'unknown',
    },
    settings: {
      rounds,
      seconds,
      datakey_bytes: DATAKEY_BYTES,
      environment: { ...tunedSettings() },
    },
    raw: [...(measured.raw ?? [])],
    comparisons: [...(measured.comparisons ?? [])],
    memory: measured.memory ?? null,
    scale: measured.scale ?? null,
    latency: measured.latency ?? null,
    token: measured.token ? [...measured.token] : null,
    marks: [...measured.marks],
  }
}
