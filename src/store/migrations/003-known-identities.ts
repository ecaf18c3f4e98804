import type { Kysely } from '../../packages/kysely.js'

/** What older releases knew of identities, once the tables of this one are there. */
interface Known {
  access_key: {
    id: string
    project_id: string
    domain_id: string
    user_id: string
    created_at: number
  }
  cmk: { id: string; project_id: string; domain_id: string; created_at: number }
  account: { id: string; name: string; state: string; created_at: number; revision: number }
  account_project: { id: string; domain_id: string; name: string; created_at: number }
  account_user: {
    id: string
    domain_id: string
    name: string
    state: string
    certificates: string
    created_at: number
    revision: number
  }
  attached_policy: { user_id: string; policy_id: string }
}

interface Seen {
  readonly project_id: string
  readonly domain_id: string
  readonly created_at: number
}

/**
 * Makes identities of what access keys and CMKs name, so that whoever could work before still can: every user may do
 * everything in his project, as until now. Where a project or a user stands under two accounts, the older mention
 * counts; access keys of the other one are refused from now on.
 */
export async function insertKnownIdentities(db: Kysely<unknown>): Promise<void> {
  const known = db.withTables<Pick<Known, keyof Known>>()
  const users = await known
    .selectFrom('access_key')
    .select(['project_id', 'domain_id', 'user_id', 'created_at'])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const owners = await known
    .selectFrom('cmk')
    .select(['project_id', 'domain_id'])
    .select((cmk) => cmk.fn.min<number>('created_at').as('created_at'))
    .groupBy(['project_id', 'domain_id'])
    .execute()
  const seen: readonly Seen[] = [...users, ...owners].sort((a, b) => a.created_at - b.created_at)
  for (const [id, { created_at }] of firstOf(seen, 'domain_id')) {
    await known
      .insertInto('account')
      .values({ id, name: id, state: 'active', created_at, revision: 1 })
      .execute()
  }
  for (const [id, { domain_id, created_at }] of firstOf(seen, 'project_id')) {
    await known
      .insertInto('account_project')
      .values({ id, domain_id, name: id, created_at })
      .execute()
  }
  for (const [id, { domain_id, created_at }] of firstOf(users, 'user_id')) {
    const same = { id, domain_id, name: id, created_at }
    await known
      .insertInto('account_user')
      .values({ ...same, state: 'active', certificates: '', revision: 1 })
      .execute()
    await known
      .insertInto('attached_policy')
      .values({ user_id: id, policy_id: 'system:full-access' })
      .execute()
  }
}

function firstOf<Name extends string, Row extends Readonly<Record<Name, string>>>(
  rows: readonly Row[],
  name: Name,
): ReadonlyMap<string, Row> {
  const first = new Map<string, Row>()
  for (const row of rows) if (!first.has(row[name])) first.set(row[name], row)
  return first
}
