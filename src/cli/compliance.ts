import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openForInspection } from '../backend.js'
import { renderJson } from '../compliance/render-json.js'
import { renderJunit } from '../compliance/render-junit.js'
import { renderSummary } from '../compliance/render-summary.js'
import { type ComplianceReport, runCompliance } from '../compliance/report.js'
import { type Config, loadConfig } from '../config.js'
import { reportStartFailure } from '../start-failure.js'
import { readVersion } from '../version.js'
import { type CommandIo, UsageError, nobody } from './command.js'

const USAGE = `kmsctl compliance [--json FILE] [--junit FILE]

Checks that the keys of the service are resident in the HSM and that the database tells the truth about them. It changes
nothing, and may run while the service does. JSON goes to standard output, or to the file of --json.
Exit code: 0 every check passed, 1 a check failed, 2 the run could not be completed.
`

/** Thousands of attributes may be read in one call, for which nobody but this run waits. */
const LEAST_TIMEOUT_MS = 120_000
/** A difference between token and database is looked at again after so long at least. */
const LEAST_PAUSE_MS = 250

interface Outputs {
  readonly json: FileHandle | undefined
  readonly junit: FileHandle | undefined
}

/**
 * `kmsctl compliance`: the compliance run. Its exit codes 0 and 1 are verdicts, and nothing else ends with them.
 *
 * @throws UsageError when the arguments cannot be used
 */
export async function compliance(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions(args)
  if (options.help) {
    io.out(USAGE)
    return 0
  }
  try {
    const config = loadConfig(io.environment)
    const outputs = await openOutputs(options)
    try {
      return await inspect(config, outputs, io)
    } finally {
      await outputs.json?.close()
      await outputs.junit?.close()
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { line, exitCode } = reportStartFailure(error)
    const message = error instanceof Error ? error.message : 'unknown failure'
    const known = exitCode === 2 ? line : message
    io.err(`The compliance run could not be completed. ${known}\n`)
    return 2
  }
}

async function inspect(config: Config, outputs: Outputs, io: CommandIo): Promise<number> {
  const report = await run(config)
  const head = { version: readVersion(), productionProfile: config.profile.production }
  const json = renderJson(report, head)
  if (outputs.json) await write('--json', outputs.json, json)
  else io.out(json)
  if (outputs.junit) await write('--junit', outputs.junit, renderJunit(report, head))
  io.err(renderSummary(report))
  return report.verdict === 'pass' ? 0 : 1
}

async function run(config: Config): Promise<ComplianceReport> {
  const { profile } = config
  const hsmTimeoutMs = Math.max(config.hsmTimeoutMs, LEAST_TIMEOUT_MS)
  const parts = await openForInspection({ ...config, agents: 1, hsmTimeoutMs }, nobody)
  const pauseMs = Math.max(LEAST_PAUSE_MS, profile.newKeyVisibleAfterMs)
  try {
    return await runCompliance(
      {
        hsm: parts.hsm,
        records: parts.database,
        facts: {
          reportsLocal: profile.reportsLocal,
          hasGcm: profile.gcm !== 'none',
          importPairsDecrypt: profile.oaep.standIns.length > 0,
        },
        pause: () => wait(pauseMs),
      },
      Date.now,
    )
  } finally {
    await parts.close()
  }
}

function parseOptions(args: readonly string[]): {
  readonly json?: string | undefined
  readonly junit?: string | undefined
  readonly help?: boolean | undefined
} {
  const { values } = readArguments(args)
  if (values.json === '' || values.junit === '') {
    throw new UsageError('--json and --junit take the name of a file.')
  }
  if (values.json !== undefined && values.junit !== undefined) {
    if (resolve(values.json) === resolve(values.junit)) {
      throw new UsageError('--json and --junit must name two files.')
    }
  }
  return values
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'string' },
        junit: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (cause) {
    throw new UsageError('kmsctl compliance takes [--json FILE] [--junit FILE] and nothing else.', {
      cause,
    })
  }
}

/** Emptied before the run: neither a name that cannot be written nor an older report is left for its end. */
async function openOutputs(options: {
  readonly json?: string | undefined
  readonly junit?: string | undefined
}): Promise<Outputs> {
  const json = await openOutput('--json', options.json)
  try {
    return { json, junit: await openOutput('--junit', options.junit) }
  } catch (error) {
    await json?.close()
    throw error
  }
}

async function openOutput(
  option: string,
  path: string | undefined,
): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined
  try {
    return await open(path, 'w')
  } catch (cause) {
    throw new UsageError(`${option}: The file ${path} cannot be written.`, { cause })
  }
}

async function write(option: string, file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text)
  } catch (cause) {
    throw new Error(`${option}: The report could not be written to the file.`, { cause })
  }
}
