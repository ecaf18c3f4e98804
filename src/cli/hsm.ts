import { existsSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { agentEnvironment } from '../agent-environment.js'
import { HsmStartError } from '../hsm/start-error.js'
import { draftProfile } from '../hsm/probe/draft.js'
import { probeToken, shippedProfiles } from '../hsm/probe/probe-token.js'
import { type Profile, UnusableProfile, loadProfile } from '../hsm/profile.js'
import { type TokenAddress, UnusableUri, parseTokenUri } from '../hsm/uri.js'
import { type CommandIo, UsageError } from './command.js'
import { migrate } from './migrate/index.js'
import { USAGE as MIGRATE_USAGE } from './migrate/usage.js'
import { type Options, readOptions } from './options.js'
import { canServe, renderVerdict } from './probe-verdict.js'
import { USAGE as REENCRYPT_USAGE, reencrypt } from './reencrypt.js'
import { subcommands } from './subcommands.js'

const USAGE = `kmsctl hsm probe [--profile NAME] [--module PATH] [--token LABEL --pin-file FILE] [--parameters TEXT] [--out FILE]

Tries a token on throw-away session objects: nothing is left on it, and no key of it is touched. Without --token the token
is that of KMS_PKCS11_URI, without --profile the profile that of KMS_HSM_PROFILE, else pkcs11-v3; --module may be left out
where the profile knows where the library is, and --parameters are those of libraries that need them. What was found goes to
standard error, and a draft of a profile to standard output, or to the file of --out.
Exit code: 0 the service runs on the token, 1 it does not, 2 the token could not be probed.
`

const OPTIONS = ['profile', 'module', 'token', 'pin-file', 'parameters', 'out'] as const
/** An RSA-4096 pair in software takes several seconds, in a slow device a minute. */
const TRIAL_TIMEOUT_MS = 120_000
const DRAFT = 'draft'

/** `kmsctl hsm`: what is done with tokens. */
export const hsm = subcommands([USAGE, MIGRATE_USAGE, REENCRYPT_USAGE].join('\n'), {
  probe,
  migrate,
  reencrypt,
})

async function probe(args: readonly string[], io: CommandIo): Promise<number> {
  if (args.includes('--help')) {
    io.out(USAGE)
    return 0
  }
  const options = readOptions(args, { usage: USAGE, options: OPTIONS, words: 0 })
  const from = profileOf(options, io)
  const address = addressOf(options, from, io)
  const environment = environmentOf(options, from, io)
  const out = await openOut(options.values['out'])
  try {
    const report = await probeToken({
      address,
      profile: from,
      environment,
      trialTimeoutMs: TRIAL_TIMEOUT_MS,
    })
    const draft = draftProfile(report, {
      name: DRAFT,
      modulePath: address.modulePath,
      environment: namesOf(environment, from),
      from,
    })
    const text = `${JSON.stringify(draft, null, 2)}\n`
    if (out) await out.writeFile(text)
    else io.out(text)
    io.err(renderVerdict(report))
    return canServe(report) ? 0 : 1
  } catch (error) {
    if (!(error instanceof HsmStartError)) throw error
    io.err(`The token could not be probed. ${error.message}\n`)
    return 2
  } finally {
    await out?.close()
  }
}

function profileOf({ values }: Options, { environment }: CommandIo): Profile {
  const named = values['profile'] ?? environment['KMS_HSM_PROFILE']
  try {
    return loadProfile(named === undefined || named === '' ? 'pkcs11-v3' : named)
  } catch (error) {
    if (!(error instanceof UnusableProfile)) throw error
    throw new UsageError(`--profile: ${error.message}`, { cause: error })
  }
}

function addressOf(
  { values }: Options,
  profile: Profile,
  { environment }: CommandIo,
): TokenAddress {
  const { token, module, parameters } = values
  const pinFile = values['pin-file']
  if (token === undefined && pinFile === undefined && module === undefined) {
    return addressOfUri(environment['KMS_PKCS11_URI'])
  }
  if (token === undefined || token === '' || pinFile === undefined) {
    throw new UsageError(`--token and --pin-file are needed together.\n${USAGE}`)
  }
  return {
    modulePath: moduleOf(module, profile),
    token,
    serial: undefined,
    manufacturer: undefined,
    model: undefined,
    pinFile: resolve(pinFile),
    libraryParameters: parameters,
  }
}

function addressOfUri(uri: string | undefined): TokenAddress {
  if (uri === undefined || uri === '') {
    throw new UsageError(`KMS_PKCS11_URI is not set, and no --token is named.\n${USAGE}`)
  }
  try {
    return parseTokenUri(uri)
  } catch (error) {
    if (!(error instanceof UnusableUri)) throw error
    throw new UsageError(`KMS_PKCS11_URI: ${error.message}`, { cause: error })
  }
}

function moduleOf(named: string | undefined, { name, modulePaths }: Profile): string {
  if (named !== undefined) {
    if (isAbsolute(named)) return named
    throw new UsageError('--module must be an absolute path.')
  }
  const found = modulePaths.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new UsageError(
    `--module is missing: no library is where the profile ${name} knows it to be (${modulePaths.join(', ') || 'it knows no place'}).`,
  )
}

/** A library that nobody described yet may read what any known one reads. */
function environmentOf(
  { values }: Options,
  from: Profile,
  { environment }: CommandIo,
): Readonly<Record<string, string>> {
  const isKnown = values['profile'] !== undefined || (environment['KMS_HSM_PROFILE'] ?? '') !== ''
  const profiles = isKnown ? [from] : shippedProfiles()
  return Object.fromEntries(
    profiles.flatMap((profile) => Object.entries(agentEnvironment(environment, profile))),
  )
}

function namesOf(environment: Readonly<Record<string, string>>, from: Profile): readonly string[] {
  const loader = /^(?:DY)?LD_LIBRARY_PATH$/
  const given = Object.keys(environment).filter((name) => !loader.test(name))
  return [...new Set([...from.environment, ...given])]
}

async function openOut(path: string | undefined): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined
  try {
    return await open(path, 'w')
  } catch (cause) {
    throw new UsageError(`--out: The file ${path} cannot be written.`, { cause })
  }
}
