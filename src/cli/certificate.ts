import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Backend } from '../backend.js'
import { plainFingerprint } from '../core/client.js'
import type { User } from '../core/identity.js'
import { type CommandIo, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { act } from './operator-act.js'
import { readOptions, required } from './options.js'
import { resolveUser } from './resolve.js'
import { Refused, subcommands } from './subcommands.js'

const USAGE =
  'kmsctl certificate add USER --file PEM | list USER | remove USER FINGERPRINT\n' +
  '       A user with certificates is refused who comes without one of them.'

/** `kmsctl certificate …`: binds client certificates to users. */
export const certificate = subcommands(USAGE, { add, list, remove })

async function add(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['file'], words: 1 })
  const fingerprint = await fingerprintOf(required(options, 'file', USAGE))
  await withBackend(io, async (backend) => {
    const user = await resolveUser(backend.database, options.words[0] ?? '')
    const certificates = [...new Set([...user.certificates, fingerprint])]
    await change(backend, 'AddCertificate', { user, certificates, fingerprint })
    printJson(io, certificates)
  })
  return 0
}

async function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { words } = readOptions(args, { usage: USAGE, words: 1 })
  await withBackend(io, async ({ database }) => {
    printJson(io, (await resolveUser(database, words[0] ?? '')).certificates)
  })
  return 0
}

async function remove(args: readonly string[], io: CommandIo): Promise<number> {
  const { words } = readOptions(args, { usage: USAGE, words: 2 })
  const fingerprint = plainFingerprint(words[1] ?? '')
  await withBackend(io, async (backend) => {
    const user = await resolveUser(backend.database, words[0] ?? '')
    const certificates = user.certificates.filter((one) => one !== fingerprint)
    if (certificates.length === user.certificates.length) {
      throw new Refused('The user has no certificate with this SHA-256 fingerprint.')
    }
    await change(backend, 'RemoveCertificate', { user, certificates, fingerprint })
    printJson(io, certificates)
  })
  return 0
}

async function change(
  backend: Backend,
  operation: string,
  {
    user,
    certificates,
    fingerprint,
  }: {
    readonly user: User
    readonly certificates: readonly string[]
    readonly fingerprint: string
  },
): Promise<void> {
  const { id: userId, domainId } = user
  const asked = { operation, domainId, userId, details: { certificate: fingerprint } }
  await act(backend, asked, () =>
    backend.database.identities.replaceUser({ ...user, certificates }),
  )
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    return plainFingerprint(new X509Certificate(await readFile(path)).fingerprint256)
  } catch (cause) {
    throw new Refused(`The file ${path} cannot be read, or holds no certificate in PEM.`, { cause })
  }
}
