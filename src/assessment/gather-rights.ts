import { isAbout } from '../access/evaluate.js'
import { type Statement, parsePolicy } from '../access/policy-document.js'
import { SYSTEM_POLICIES } from '../access/system-policies.js'
import type { ClassRight, RightsSeen, UserRights } from '../compliance/rights/rights-seen.js'
import type { Seen } from '../compliance/seen.js'
import type { AttachedPolicy } from '../core/access-policy.js'
import type { Cmk } from '../core/cmk.js'
import type { Grant } from '../core/grant.js'
import type { User } from '../core/identity.js'
import { operations } from '../operations/index.js'
import type { Database } from '../store/database.js'
import type { ScannedLog } from './scan-audit-log.js'

const PAGE = 100

/** Classes of actions, each with the actions that make it up; an operation belongs to the first that fits. */
const CLASSES: readonly (readonly [name: string, pattern: RegExp])[] = [
  // The private key of an access point is no fact about it.
  ['read', /:(get(?!PrivateKey)|list)\w*$/],
  ['data keys', /^kms:dek:/],
  [
    'encrypt, sign, MAC',
    /^kms:cmk:(crypto|sign|verify|\w*Mac|reEncrypt|deriveSharedSecret|generate)$/,
  ],
  ['import', /^kms:cmk:\w*Material$/],
  ['grants', /^kms:grant:/],
  ['keystores', /^kms:keystore:/],
  ['key spaces', /^kms:(accessPoint|keyPolicy):/],
  ['names and tags', /^kms:(alias|cmkTag):/],
  ['keys: make, change, destroy', /^kms:/],
]

/** Reads who may do what. @throws StoreUnavailable */
export async function gatherRights(
  database: Pick<Database, 'identities' | 'policies' | 'grants' | 'accessKeys'>,
  about: {
    readonly cmks: readonly Cmk[]
    readonly log: ScannedLog | undefined
    readonly maxAgeDays: number
    readonly maxIdleDays: number
  },
): Promise<Seen<RightsSeen>> {
  const now = Date.now()
  const users: UserRights[] = []
  for (const user of await database.identities.listUsers()) {
    users.push(rightsOf(user, await database.policies.attachedTo(user.id)))
  }
  return {
    value: {
      now,
      classes: CLASSES.map(([name]) => name),
      users,
      grants: await listGrants(database, about.cmks),
      accessKeys: await database.accessKeys.list(),
      lastUse: about.log?.lastUse,
      loggedSince: about.log?.since ?? now,
      maxAgeDays: about.maxAgeDays,
      maxIdleDays: about.maxIdleDays,
    },
  }
}

async function listGrants(
  { grants }: Pick<Database, 'grants'>,
  cmks: readonly Cmk[],
): Promise<readonly Grant[]> {
  const found: Grant[] = []
  for (const { id: keyId } of cmks) {
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const list = await grants.listByKey({ keyId, page: { offset, limit: PAGE } })
      total = list.total
      found.push(...list.grants)
    }
  }
  return found
}

function rightsOf(user: User, attached: readonly AttachedPolicy[]): UserRights {
  const { id, name, domainId, state } = user
  const policies = attached.map((policy) =>
    policy.document === undefined ? policy.id : policy.name,
  )
  try {
    const statements = attached.flatMap((policy) => parsePolicy(documentOf(policy)))
    const rights = CLASSES.map(([className]) => rightTo(className, statements))
    return { user: { id, name, domainId, state }, policies, rights, unreadable: undefined }
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : 'It cannot be read.'
    const rights = CLASSES.map(() => ({ all: 0, limited: 0, operations: 0 }))
    return { user: { id, name, domainId, state }, policies, rights, unreadable }
  }
}

function documentOf(policy: AttachedPolicy): string {
  const document = policy.document ?? SYSTEM_POLICIES.get(policy.id)
  if (document === undefined) throw new Error(`There is no policy ${policy.id}.`)
  return document
}

function rightTo(className: string, statements: readonly Statement[]): ClassRight {
  const members = OPERATIONS.filter((operation) => operation.className === className)
  const rights = members.map(({ actions }) => rightOf(actions, statements))
  return {
    all: rights.filter((right) => right === 'all').length,
    limited: rights.filter((right) => right === 'limited').length,
    operations: members.length,
  }
}

/** A denial that has no condition and names no resource leaves nothing; any other limits what is allowed. */
function rightOf(
  actions: readonly string[],
  statements: readonly Statement[],
): 'all' | 'limited' | 'none' {
  const about = statements.filter((statement) => isAbout(statement, actions))
  const denials = about.filter(({ effect }) => effect === 'deny')
  const allowing = about.filter(({ effect }) => effect === 'allow')
  if (allowing.length === 0 || denials.some(isUnlimited)) return 'none'
  return allowing.some(isUnlimited) && denials.length === 0 ? 'all' : 'limited'
}

function isUnlimited({ resources, when, unless }: Statement): boolean {
  const any = resources.some(({ kind }) => kind === 'any')
  return any && when === undefined && unless === undefined
}

const OPERATIONS = operations.flatMap((operation) => {
  if (operation.access !== 'project') return []
  const { action, identityAction } = operation
  const row = CLASSES.find(([, pattern]) => pattern.test(action))
  return [{ className: row?.[0] ?? '', actions: [action, identityAction] }]
})
