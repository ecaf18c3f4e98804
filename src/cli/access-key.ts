import { TOKEN_BYTES, tokenDigest } from '../auth/bearer.js'
import type { Backend } from '../backend.js'
import type { Config } from '../config.js'
import type { AccessKey } from '../core/access-key.js'
import { type AccessKeyOwner, storeAccessKey } from '../core/create-access-key.js'
import { generateAccessKey } from '../core/credential.js'
import type { Randomness } from '../core/hsm.js'
import type { User } from '../core/identity.js'
import { credentialsPath, readCredentials } from '../credentials-file.js'
import type { Database } from '../store/database.js'
import { type CommandIo, UsageError, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { act } from './operator-act.js'
import { type Options, readOptions } from './options.js'
import { resolveProject, resolveUser } from './resolve.js'
import { stateCommands } from './state-commands.js'
import { Refused, subcommands } from './subcommands.js'

const USAGE =
  'kmsctl access-key create [--user USER] [--project PROJECT] [--temporary SECONDS] | list [--user USER] | ' +
  'rotate ID | disable ID | enable ID | delete ID'

/** `kmsctl access-key …`: makes, lists, rotates, disables, enables and deletes access keys. */
export const accessKey = subcommands(USAGE, {
  create,
  list,
  rotate,
  ...stateCommands<AccessKey>({
    usage: USAGE,
    noun: 'access key',
    event: 'AccessKey',
    find: requireKey,
    about: namesOf,
    setState: ({ accessKeys }, { id }, state) => accessKeys.setState(id, state),
    remove: ({ accessKeys }, { id }) => accessKeys.remove(id),
    removed: 'The access key is deleted.',
  }),
})

/** Prints the secret, once: afterwards nobody can have it, since only its sealed form is stored. */
async function create(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    options: ['user', 'project', 'temporary'],
    words: 0,
  })
  const seconds = lifeOf(options)
  await withBackend(io, async (backend, config) => {
    const owner = await ownerOf(backend, config, options)
    await make(backend, io, { owner, operation: 'CreateAccessKey', seconds })
  })
  return 0
}

/** Makes a second access key for the same user and project. The first one stays until clients have the second. */
async function rotate(args: readonly string[], io: CommandIo): Promise<number> {
  const { words } = readOptions(args, { usage: USAGE, words: 1 })
  await withBackend(io, async (backend) => {
    const { id, projectId, domainId, userId, temporary } = await requireKey(
      backend.database,
      words[0],
    )
    if (temporary) throw new Refused('A temporary access key is not rotated: make another one.')
    const owner = { projectId, domainId, userId }
    await make(backend, io, { owner, operation: 'RotateAccessKey', replaces: id })
    io.err(
      `Give this key to the clients, then run kmsctl access-key disable ${id}, and delete when nothing fails.\n`,
    )
  })
  return 0
}

async function make(
  backend: Backend,
  io: CommandIo,
  request: {
    readonly owner: AccessKeyOwner
    readonly operation: string
    readonly replaces?: string
    /** Life of a temporary access key. */
    readonly seconds?: number | undefined
  },
): Promise<void> {
  const { owner, operation, replaces, seconds } = request
  const generated = await generateAccessKey(backend.hsm)
  const token = seconds === undefined ? undefined : await newSecurityToken(backend.hsm, seconds)
  try {
    const details = replaces === undefined ? {} : { replaces }
    const accessKeyId = generated.accessKeyId
    const stored = await act(backend, { operation, ...owner, accessKeyId, details }, () =>
      storeAccessKey(backend.accessKeyParts, owner, generated, token?.temporary),
    )
    const secret = Buffer.from(generated.secret).toString('latin1')
    printJson(io, {
      ...describe(stored),
      secret_access_key: secret,
      ...(token && { security_token: token.text }),
    })
  } finally {
    generated.secret.fill(0)
  }
}

async function newSecurityToken(hsm: Randomness, seconds: number) {
  const text = Buffer.from(await hsm.random(TOKEN_BYTES)).toString('base64url')
  const expiresAt = Date.now() + seconds * 1000
  return { text, temporary: { expiresAt, tokenDigest: tokenDigest(text) } }
}

function lifeOf({ values: { temporary } }: Options): number | undefined {
  if (temporary === undefined) return undefined
  const seconds = /^\d{1,6}$/.test(temporary) ? Number(temporary) : NaN
  if (seconds >= 60 && seconds <= 604_800) return seconds
  throw new UsageError('--temporary must be 60 to 604800 seconds.')
}

async function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = readOptions(args, { usage: USAGE, options: ['user'], words: 0 })
  await withBackend(io, async ({ database }) => {
    const { user } = values
    const owner = user === undefined ? undefined : await resolveUser(database, user)
    printJson(io, (await database.accessKeys.list(owner?.id)).map(describe))
  })
  return 0
}

async function requireKey(
  { accessKeys }: Pick<Database, 'accessKeys'>,
  id = '',
): Promise<AccessKey> {
  const found = await accessKeys.find(id)
  if (found) return found
  throw new Refused('There is no access key of this id; kmsctl access-key list shows them.')
}

/** Without options, another key for whom the credentials of this machine are of. */
async function ownerOf(
  { database }: Backend,
  { dataDirectory }: Config,
  { values }: Options,
): Promise<AccessKeyOwner> {
  const own = readCredentials(credentialsPath(dataDirectory))
  const ownKey = own && (await database.accessKeys.find(own.access_key_id))
  const userName = values['user'] ?? ownKey?.userId
  if (userName === undefined) {
    throw new Refused('Say for whom: --user USER; kmsctl user list shows them.')
  }
  const { id: userId, domainId } = await resolveUser(database, userName)
  const projectName = values['project'] ?? (ownKey?.domainId === domainId ? ownKey.projectId : '')
  const project =
    projectName === ''
      ? await soleProject(database, { domainId })
      : await resolveProject(database, projectName, domainId)
  return { projectId: project.id, domainId, userId }
}

async function soleProject(
  { identities }: Backend['database'],
  { domainId }: Pick<User, 'domainId'>,
) {
  const [project, ...others] = await identities.listProjects(domainId)
  if (project && others.length === 0) return project
  throw new Refused('Say for which project: --project PROJECT; kmsctl project list shows them.')
}

function namesOf({ id, projectId, domainId, userId }: AccessKey) {
  return { accessKeyId: id, projectId, domainId, userId }
}

function describe(key: AccessKey): Readonly<Record<string, string>> {
  return {
    access_key_id: key.id,
    project_id: key.projectId,
    domain_id: key.domainId,
    user_id: key.userId,
    state: key.state,
    created_at: new Date(key.createdAt).toISOString(),
    ...(key.temporary && { expires_at: new Date(key.temporary.expiresAt).toISOString() }),
  }
}
