import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { REPORT_FILE } from '../evidence/write-evidence.js'
import { REPORT_FORMAT, type ReportDocument, ReportSchema } from '../report-schema.js'

/** There is no report that can be read: the message is a sentence that names the file. */
export class UnreadableReport extends Error {
  override readonly name = 'UnreadableReport'
}

/** A report as it was read. */
export interface ReadReport {
  readonly document: ReportDocument
  /** Hexadecimal SHA-256 of the bytes that were read. */
  readonly sha256: string
}

/**
 * Reads the JSON report of a run.
 *
 * @param path - the folder of a run, or the file itself
 * @throws UnreadableReport
 */
export async function readReport(path: string): Promise<ReadReport> {
  const { file, bytes } = await readBytes(path)
  const document = parsed(file, bytes)
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  if (!ajv.validate(ReportSchema, document)) {
    const why = ajv.errorsText(ajv.errors?.slice(0, 1), { dataVar: 'report' })
    throw new UnreadableReport(
      `${file} is no report of format ${REPORT_FORMAT}, which is the one that this version reads: ${why}.`,
    )
  }
  // The validator above has just judged every member.
  return {
    document: document as ReportDocument,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

async function readBytes(path: string): Promise<{ readonly file: string; readonly bytes: Buffer }> {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, REPORT_FILE) : path
    return { file, bytes: await readFile(file) }
  } catch (cause) {
    throw new UnreadableReport(`No report can be read from ${path}.`, { cause })
  }
}

function parsed(file: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch (cause) {
    throw new UnreadableReport(`${file} is not JSON.`, { cause })
  }
}
