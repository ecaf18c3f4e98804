import { type Comparison, compareReports } from '../compliance/compare/compare-reports.js'
import { readReport } from '../compliance/compare/read-report.js'
import { renderComparison } from '../compliance/compare/render-comparison.js'
import { REPORT_FILE } from '../compliance/evidence/write-evidence.js'
import type { ReportDocument } from '../compliance/report-schema.js'
import { type CommandIo, UsageError, printJson } from './command.js'
import { messageOf, readAuditKeys, reportOn } from './compliance-verify.js'
import { readOptions } from './options.js'

const USAGE = `kmsctl compliance compare OLD NEW [--json] [--old-key FILE] [--new-key FILE]

Says what has changed from one compliance run to another: OLD and NEW are folders of --out, or files of --json. A folder is
verified where its audit key is given; without a key it is believed.
Exit code: 0 they were compared, 1 a folder is not as it was signed, 2 they could not be compared.
`

/** Whether a run was verified before it was compared. */
type Trust = 'verified' | 'not verified'

/**
 * `kmsctl compliance compare`: needs neither token nor database nor settings.
 *
 * @throws UsageError
 */
export async function compareRuns(args: readonly string[], io: CommandIo): Promise<number> {
  const asJson = args.includes('--json')
  const options = readOptions(
    args.filter((argument) => argument !== '--json'),
    { usage: USAGE, options: ['old-key', 'new-key'], words: 2 },
  )
  try {
    const [oldFolder = '', newFolder = ''] = options.words
    const old = await readRun(oldFolder, options.values['old-key'])
    const now = await readRun(newFolder, options.values['new-key'])
    print(io, { comparison: compareReports(old.document, now.document), old, now, asJson })
    return 0
  } catch (error) {
    if (error instanceof NotAsSigned) {
      io.err(`${error.message}\n`)
      return 1
    }
    if (error instanceof UsageError) throw error
    io.err(`The runs could not be compared. ${messageOf(error)}\n`)
    return 2
  }
}

class NotAsSigned extends Error {
  constructor(folder: string, file: string, sentence: string) {
    super(`${folder} is not as it was signed, and was not compared. ${file}: ${sentence}`)
  }
}

interface Run {
  readonly document: ReportDocument
  readonly trust: Trust
}

async function readRun(path: string, key: string | undefined): Promise<Run> {
  if (key === undefined) {
    const { document } = await readReport(path)
    return { document, trust: 'not verified' }
  }
  const { manifest, flaws } = await reportOn(path, await readAuditKeys(key))
  const [first] = flaws
  if (first) throw new NotAsSigned(path, first.file, first.sentence)
  const { document, sha256 } = await readReport(path)
  // What was verified a moment ago is what is compared.
  const signed = manifest?.files.find(({ name }) => name === REPORT_FILE)
  if (signed?.sha256 !== sha256) {
    throw new NotAsSigned(path, REPORT_FILE, 'It was changed while it was read.')
  }
  return { document, trust: 'verified' }
}

function print(
  io: CommandIo,
  about: {
    readonly comparison: Comparison
    readonly old: Run
    readonly now: Run
    readonly asJson: boolean
  },
): void {
  const { comparison, old, now, asJson } = about
  if (asJson) printJson(io, { trust: { old: old.trust, new: now.trust }, ...comparison })
  else io.out(renderComparison(comparison))
  io.err(`The older run was ${old.trust}, the newer one was ${now.trust}.\n`)
}
