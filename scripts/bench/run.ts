import { cpus, platform, release } from 'node:os'
import { readVersion } from '../../src/version.js'
import { type Contest, compare, requireSameSize } from './compare.js'
import { judge, judgeScale } from './marks.js'
import { startBaseline, startService, tunedSettings } from './measured-service.js'
import { measureMemory } from './memory.js'
import type { Options } from './options.js'
import { processesAreShown } from './processes.js'
import { measureRawRate } from './raw-rate.js'
import type { Comparison, Memory, RawRate, Report, Scale } from './report.js'
import { measureScale } from './scale/measure.js'
import { DATAKEY_BYTES, prepareWorkload } from './workload.js'

/** Measures everything, one thing after the other; `note` hears what comes next. */
export async function run(
  options: Options,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  if (options.scale) {
    const scale = await measureScale({ ...options, ...options.scale }, note, signal)
    return assemble(options, { raw: [], comparisons: [], memory: null, scale })
  }
  note('bare PKCS#11 calls')
  const raw = await measureRawRate(options.seconds, signal)
  const comparisons = await withContest(
    (contest) => compareAll(contest, options, note, signal),
    signal,
  )
  const memory = await memoryOf(options, note, signal)
  return assemble(options, { raw, comparisons, memory, scale: null })
}

async function withContest<Result>(
  use: (contest: Contest) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const service = await startService(signal)
  try {
    const baseline = await startBaseline(signal)
    try {
      return await use({ service, baseline, workload: await prepareWorkload(service) })
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
  measured: {
    readonly raw: readonly RawRate[]
    readonly comparisons: readonly Comparison[]
    readonly memory: Memory | null
    readonly scale: Scale | null
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
    raw: [...measured.raw],
    comparisons: [...measured.comparisons],
    memory: measured.memory,
    scale: measured.scale,
    marks: measured.scale
      ? [...judgeScale(measured.scale.comparisons)]
      : [...judge(measured.comparisons, measured.memory)],
  }
}
