import { parseArgs } from 'node:util'
import { type AssessmentWish, runAssessment } from '../assessment/run-assessment.js'
import { writeEvidence } from '../compliance/evidence/write-evidence.js'
import { renderJson } from '../compliance/render-json.js'
import { renderJunit } from '../compliance/render-junit.js'
import { renderSummary } from '../compliance/render-summary.js'
import { type Config, loadConfig } from '../config.js'
import { findAuditKey } from '../core/service-keys.js'
import { reportStartFailure } from '../start-failure.js'
import { readVersion } from '../version.js'
import { type CommandIo, UsageError } from './command.js'
import { compareRuns } from './compliance-compare.js'
import { ASSESSMENT_OPTIONS, ASSESSMENT_USAGE, readWish } from './compliance-options.js'
import { type Outputs, openOutputs, requireApart, writeOutput } from './compliance-outputs.js'
import { verifyEvidence } from './compliance-verify.js'

const USAGE = `kmsctl compliance [--read-only | --full] [OPTION …] [--out DIR] [--json FILE] [--junit FILE]
       compliance verify DIR --key FILE
       compliance compare OLD NEW [--json] [--old-key FILE] [--new-key FILE]

Checks that the keys of the service are resident in the HSM and that the system does what it claims. It changes nothing
that is there, and may run while the service does.
${ASSESSMENT_USAGE}  --out DIR              makes the folder DIR: the report as HTML, JSON and JUnit XML, and a manifest that the HSM signs
Without --out JSON goes to standard output, or to the file of --json.
Exit code: 0 every check passed, 1 a check failed, 2 the run could not be completed.
`

/**
 * `kmsctl compliance`: the compliance run. Its exit codes 0 and 1 are verdicts, and nothing else ends with them.
 *
 * @throws UsageError when the arguments cannot be used
 */
export async function compliance(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args
  if (name === 'verify') return await verifyEvidence(rest, io)
  if (name === 'compare') return await compareRuns(rest, io)
  const options = parseOptions(args)
  if (options.help) {
    io.out(USAGE)
    return 0
  }
  try {
    const wish = await readWish(options, io)
    const config = loadConfig(io.environment)
    const outputs = await openOutputs(options)
    try {
      return await inspect(config, { outputs, folder: options.out, wish }, io)
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

async function inspect(
  config: Config,
  about: {
    readonly outputs: Outputs
    readonly folder: string | undefined
    readonly wish: AssessmentWish
  },
  io: CommandIo,
): Promise<number> {
  const { outputs, folder, wish } = about
  return await runAssessment(config, wish, async (report, { hsm, database }) => {
    const head = { version: readVersion(), productionProfile: config.profile.production }
    const json = renderJson(report, head)
    if (outputs.json) await writeOutput('--json', outputs.json, json)
    else if (folder === undefined) io.out(json)
    if (outputs.junit) await writeOutput('--junit', outputs.junit, renderJunit(report, head))
    io.err(renderSummary(report))
    if (folder !== undefined) {
      const auditKey = await findAuditKey({ hsm, store: database.serviceKeys })
      await writeEvidence(folder, {
        report,
        head,
        signer: { hsm, auditKey },
        createdAt: Date.now(),
      })
      io.err(`The signed evidence is in ${folder}.\n`)
    }
    return report.verdict === 'pass' ? 0 : 1
  })
}

function parseOptions(args: readonly string[]) {
  const { values } = readArguments(args)
  requireApart(values)
  return values
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'string' },
        junit: { type: 'string' },
        out: { type: 'string' },
        ...ASSESSMENT_OPTIONS,
        help: { type: 'boolean' },
      },
    })
  } catch (cause) {
    throw new UsageError(USAGE, { cause })
  }
}
