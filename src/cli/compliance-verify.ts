import type { KeyObject } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { type EvidenceReport, verifyFolder } from '../compliance/evidence/verify-folder.js'
import { printable } from '../compliance/printable.js'
import { type CommandIo, printJson } from './command.js'
import { readOptions, required } from './options.js'
import { readPublicKeyFile } from './read-public-key-file.js'
import { Refused } from './subcommands.js'

const USAGE = `kmsctl compliance verify DIR --key FILE

Checks offline that the files of a compliance run are those that the HSM signed. FILE is the audit key in PEM, from a place
that whoever hands over DIR does not write.
Exit code: 0 all is as it was signed, 1 it is not, 2 it could not be checked.
`

/**
 * `kmsctl compliance verify`: needs neither token nor database nor settings. Its exit codes 0 and 1 are verdicts, and
 * nothing else ends with them.
 *
 * @throws UsageError
 */
export async function verifyEvidence(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['key'], words: 1 })
  const [folder = ''] = options.words
  const keyFile = required(options, 'key', USAGE)
  try {
    const report = await reportOn(folder, await readAuditKeys(keyFile))
    printJson(io, describe(report))
    for (const { file, sentence } of report.flaws) io.err(`${file}: ${sentence}\n`)
    if (await isWithin(folder, keyFile)) io.err(OWN_KEY)
    const whole = report.flaws.length === 0
    io.err(
      whole ? 'The evidence is as it was signed.\n' : 'The evidence is not as it was signed.\n',
    )
    return whole ? 0 : 1
  } catch (error) {
    io.err(`The evidence could not be checked. ${messageOf(error)}\n`)
    return 2
  }
}

const OWN_KEY =
  'The key was taken from the folder itself, so that this says that its files belong together, not who signed them.\n'

/**
 * Reads public audit keys, which are EC P-256: a service that moved to another token has had several.
 *
 * @throws Refused
 */
export async function readAuditKeys(path: string): Promise<readonly KeyObject[]> {
  const publicKeys = await readPublicKeyFile(path)
  if (publicKeys.every((key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1')) {
    return publicKeys
  }
  throw new Refused(`The key of ${path} is no audit key: those are EC keys on the curve P-256.`)
}

/**
 * Verifies a folder of evidence.
 *
 * @throws Refused when it cannot be read
 */
export async function reportOn(
  folder: string,
  publicKeys: readonly KeyObject[],
): Promise<EvidenceReport> {
  try {
    return await verifyFolder(folder, publicKeys)
  } catch (cause) {
    throw new Refused(`The folder ${folder} cannot be read.`, { cause })
  }
}

function describe({ manifest, flaws }: EvidenceReport): object {
  return {
    verified: flaws.length === 0,
    ...(manifest && {
      verdict: manifest.verdict,
      created_at: printable(manifest.created_at),
      version: printable(manifest.version),
      token: printableMembers(manifest.token),
      audit_key_sha256: manifest.audit_key_sha256,
      files: manifest.files.length,
    }),
    flaws,
  }
}

function printableMembers(token: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(token).map(([name, value]) => [printable(name), printable(value)]),
  )
}

/** What an operator is told of an error: nothing else may end with the exit code of a verdict. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure'
}

async function isWithin(folder: string, file: string): Promise<boolean> {
  const [outer, inner] = await Promise.all([realpath(folder), realpath(file)])
  return inner.startsWith(`${outer}${sep}`)
}
