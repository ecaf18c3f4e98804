import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UnusableFolder, requireNewFolder } from '../compliance/evidence/write-folder.js'
import { UsageError } from './command.js'

/** Where a compliance run is asked to leave its report. */
export interface OutputNames {
  readonly json?: string | undefined
  readonly junit?: string | undefined
  /** A folder that is not there yet. */
  readonly out?: string | undefined
}

/** Files that were opened before a run. */
export interface Outputs {
  readonly json: FileHandle | undefined
  readonly junit: FileHandle | undefined
}

/** Refuses names that cannot all be written. @throws UsageError */
export function requireApart({ json, junit, out }: OutputNames): void {
  if (json === '' || junit === '') {
    throw new UsageError('--json and --junit take the name of a file.')
  }
  if (out === '') throw new UsageError('--out takes the name of a folder that is not there yet.')
  if (json !== undefined && junit !== undefined && resolve(json) === resolve(junit)) {
    throw new UsageError('--json and --junit must name two files.')
  }
}

/**
 * Opens what a run will write. Files are emptied before the run: neither a name that cannot be written nor an older report
 * is left for its end.
 *
 * @throws UsageError
 */
export async function openOutputs(names: OutputNames): Promise<Outputs> {
  if (names.out !== undefined) await requireFolder(names.out)
  const json = await openOutput('--json', names.json)
  try {
    return { json, junit: await openOutput('--junit', names.junit) }
  } catch (error) {
    await json?.close()
    throw error
  }
}

/** Writes a report into a file that was opened for it. */
export async function writeOutput(option: string, file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text)
  } catch (cause) {
    throw new Error(`${option}: The report could not be written to the file.`, { cause })
  }
}

async function requireFolder(folder: string): Promise<void> {
  try {
    await requireNewFolder(folder)
  } catch (cause) {
    if (!(cause instanceof UnusableFolder)) throw cause
    throw new UsageError(`--out: ${cause.message}`, { cause })
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
