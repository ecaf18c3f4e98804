import { parseArgs } from 'node:util'
import type { AccessKey } from '../core/access-key.js'
import { storeAccessKey } from '../core/create-access-key.js'
import { generateAccessKey } from '../core/credential.js'
import { newTenantId, projectId } from '../core/ids.js'
import { credentialsPath, readCredentials } from '../credentials-file.js'
import { type Command, type CommandIo, UsageError, printJson, withBackend } from './command.js'

const USAGE =
  'kmsctl access-key create [--project ID] [--domain ID] [--user NAME] | list | disable ID | enable ID'

/** `kmsctl access-key …`: makes, lists, disables and enables access keys. */
export async function accessKey(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args
  const command = name === undefined ? undefined : COMMANDS[name]
  if (!command) throw new UsageError(USAGE)
  return command(rest, io)
}

const COMMANDS: Readonly<Partial<Record<string, Command>>> = {
  create,
  list,
  disable: (args, io) => setState('disabled', args, io),
  enable: (args, io) => setState('active', args, io),
}

/** Prints the secret, once: afterwards nobody can have it, since only its sealed form is stored. */
async function create(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOwner(args)
  await withBackend(io, async (backend, config) => {
    const own = readCredentials(credentialsPath(config.dataDirectory))
    const owner = {
      projectId: projectId(options.project ?? own?.project_id ?? newTenantId()),
      domainId: options.domain ?? own?.domain_id ?? newTenantId(),
      // A grant names a user by this name alone, so two users must not share one by default.
      userName: options.user ?? newTenantId(),
    }
    const generated = await generateAccessKey(backend.hsm)
    try {
      const stored = await storeAccessKey(backend.accessKeyParts, owner, generated)
      const secret = Buffer.from(generated.secret).toString('latin1')
      printJson(io, { ...describe(stored), secret_access_key: secret })
    } finally {
      generated.secret.fill(0)
    }
  })
  return 0
}

async function list(_args: readonly string[], io: CommandIo): Promise<number> {
  await withBackend(io, async ({ database }) => {
    printJson(io, (await database.accessKeys.list()).map(describe))
  })
  return 0
}

async function setState(
  state: AccessKey['state'],
  [id, ...others]: readonly string[],
  io: CommandIo,
): Promise<number> {
  if (id === undefined || others.length > 0) throw new UsageError(USAGE)
  const found = await withBackend(io, ({ database }) => database.accessKeys.setState(id, state))
  if (!found) {
    io.err('There is no access key of this id; kmsctl access-key list shows them.\n')
    return 1
  }
  io.out(`The access key is ${state} now.\n`)
  return 0
}

function parseOwner(args: readonly string[]): {
  readonly project?: string | undefined
  readonly domain?: string | undefined
  readonly user?: string | undefined
} {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { project: text, domain: text, user: text },
    })
    requireIdentifier('--project', values.project)
    requireIdentifier('--domain', values.domain)
    return values
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(USAGE, { cause })
  }
}

function requireIdentifier(option: string, value: string | undefined): void {
  if (value === undefined || /^[A-Za-z0-9_-]{1,64}$/.test(value)) return
  throw new UsageError(`${option} must be 1 to 64 letters, digits, dashes or underscores.`)
}

function describe(key: AccessKey): Readonly<Record<string, string>> {
  return {
    access_key_id: key.id,
    project_id: key.projectId,
    domain_id: key.domainId,
    user_name: key.userName,
    state: key.state,
    created_at: new Date(key.createdAt).toISOString(),
  }
}
