import { createJudge } from '../access/judge.js'
import { inactivity } from '../auth/active-user.js'
import { judgeParts } from '../doors.js'
import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { GRANT_OPERATIONS, type GrantOperation } from '../core/grant.js'
import type { User } from '../core/identity.js'
import { type ProjectId, parseKeyId } from '../core/ids.js'
import { operations } from '../operations/index.js'
import type { Database } from '../store/database.js'
import { type CommandIo, UsageError, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { type Options, readOptions } from './options.js'
import { resolveProject, resolveUser } from './resolve.js'
import { Refused, subcommands } from './subcommands.js'

const USAGE =
  'kmsctl access explain USER ACTION [KEY] [--project PROJECT] [--address IP] [--context JSON]\n' +
  '       ACTION: an operation such as EncryptDatakey, or an action such as kms:dek:crypto'

/** `kmsctl access …`: says what a user may do, and why. */
export const access = subcommands(USAGE, { explain })

/** Judges a call as the service would, without making it. Exit code 0: allowed; 1: denied. */
async function explain(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, {
    usage: USAGE,
    options: ['project', 'address', 'context'],
    words: [2, 3],
  })
  const [userName = '', action = '', key] = options.words
  const asked = askedFor(action, key !== undefined)
  return await withBackend(io, async ({ database }) => {
    const user = await resolveUser(database, userName)
    const cmk = key === undefined ? undefined : await findCmk(database, key)
    const verdict = await judge(database, { user, cmk, asked, options })
    printJson(io, { user: user.id, actions: [...new Set(asked.actions)], key: cmk?.id, ...verdict })
    return verdict.allowed ? 0 : 1
  })
}

interface Asked {
  readonly actions: readonly string[]
  /** What grants could give for it. */
  readonly grantable: readonly GrantOperation[]
}

/** @throws UsageError for an action that no operation needs, or none that is about a key where one is named */
function askedFor(action: string, aboutKey: boolean): Asked {
  const needing = operations.flatMap((operation) =>
    operation.access === 'project' &&
    [operation.name, operation.action, operation.identityAction].includes(action)
      ? [operation]
      : [],
  )
  if (needing.length === 0) throw new UsageError(`No operation needs ${action}.\n${USAGE}`)
  // Judged for a key, a right to a whole project would seem to follow from one to that key.
  if (aboutKey && needing.every(({ target }) => target !== 'key')) {
    throw new UsageError(`${action} is about no key: leave it out.\n${USAGE}`)
  }
  const names = needing.map(({ name }) => grantNameOf(name))
  return {
    actions: action.includes(':')
      ? [action]
      : needing.flatMap((operation) => [operation.action, operation.identityAction]),
    grantable: GRANT_OPERATIONS.filter((operation) => names.includes(operation)),
  }
}

/** Grants name operations in their own way: EncryptDatakey is encrypt-datakey there. */
function grantNameOf(name: string): string {
  if (name === 'ListKeyDetail') return 'describe-key'
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

async function judge(
  database: Database,
  request: {
    readonly user: User
    readonly cmk: Cmk | undefined
    readonly asked: Asked
    readonly options: Options
  },
) {
  const { user, cmk, asked, options } = request
  const { values } = options
  const { identities } = database
  const where = await projectOf(database, request)
  const [account, project] = await Promise.all([
    identities.findAccount(user.domainId),
    identities.findProject(where),
  ])
  const objection = inactivity(user, account, project)
  if (objection !== undefined) return { allowed: false, reason: objection }
  const caller = {
    userId: user.id,
    domainId: user.domainId,
    projectId: where,
    authentication: 'signature',
    accessKeyId: undefined,
  } as const
  const call = {
    caller,
    actions: asked.actions,
    context: contextOf(values['context']),
    address: values['address'] ?? '127.0.0.1',
  }
  const refusals: string[] = []
  for (const grantable of [undefined, ...asked.grantable]) {
    const one = createJudge(judgeParts(database, database, Date.now))(call)
    try {
      await (cmk ? one.requireKey({ cmk, grantable }) : one.require({}))
      return { allowed: true, rule: one.rule, project: caller.projectId }
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      if (one.rule !== undefined) return { allowed: false, rule: one.rule, reason: error.message }
      refusals.push(error.message)
    }
  }
  return { allowed: false, reason: refusals[0], project: caller.projectId }
}

/** Where the user would call from: the project given, that of the key where it is his account's, or the only one. */
async function projectOf(
  database: Database,
  {
    user: { domainId },
    cmk,
    options,
  }: { readonly user: User; readonly cmk: Cmk | undefined; readonly options: Options },
): Promise<ProjectId> {
  const { project } = options.values
  if (project !== undefined) return (await resolveProject(database, project, domainId)).id
  if (cmk?.domainId === domainId) return cmk.projectId
  const [only, ...others] = await database.identities.listProjects(domainId)
  if (only && others.length > 0) throw new Refused('Say in which project: --project PROJECT.')
  if (!only) throw new Refused('The account of the user has no project to call from.')
  return only.id
}

async function findCmk({ keys }: Database, text: string): Promise<Cmk> {
  const id = parseKeyId(text)
  const cmk = id && (await keys.findAnywhere(id))
  if (cmk) return cmk
  throw new Refused(`There is no key ${text}: name it by its id.`)
}

function contextOf(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError('--context must be a JSON object of texts.', { cause })
  }
}
