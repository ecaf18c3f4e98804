import type { Kysely, Selectable } from '../packages/kysely.js'
import type { AccessPolicy, AccessPolicyStore, AttachedPolicy } from '../core/access-policy.js'
import { OwnerMissing, StillInUse } from '../core/identity.js'
import type { Calls } from './calls.js'
import { writing } from './identity-failures.js'
import { locksRows } from './row-locks.js'
import { findRow, replaceRow } from './rows.js'
import { isStorable, requireStorable } from './storable.js'
import type { AccessPolicyTable, AttachedPolicyTable, Tables } from './tables.js'

/** The policies of accounts in a database. */
export function sqlAccessPolicyStore(calls: Calls): AccessPolicyStore {
  return {
    insert: (policy) => calls.run((db) => insert(db, policy)),
    find: (id) => calls.run((db) => find(db, { id })),
    findByName: (domainId, name) => calls.run((db) => find(db, { domain_id: domainId, name })),
    list: (domainId) => calls.run((db) => list(db, domainId)),
    replace: (policy) => calls.run((db) => replace(db, policy)),
    remove: (id) => calls.run((db) => remove(db, id)),
    attach: (attachment) => calls.run((db) => attach(db, rowOfAttachment(attachment))),
    detach: (attachment) => calls.run((db) => detach(db, rowOfAttachment(attachment))),
    attachedTo: (userId) => calls.run((db) => attachedTo(db, userId)),
  }
}

async function insert(db: Kysely<Tables>, policy: AccessPolicy): Promise<void> {
  await writing(db.insertInto('access_policy').values(rowOf(policy)).execute())
}

async function find(
  db: Kysely<Tables>,
  by: Parameters<typeof findRow<'access_policy'>>[2],
): Promise<AccessPolicy | undefined> {
  const row = await findRow(db, 'access_policy', by)
  return row && policyOf(row)
}

async function list(db: Kysely<Tables>, domainId: string): Promise<readonly AccessPolicy[]> {
  if (!isStorable(domainId)) return []
  const rows = await db
    .selectFrom('access_policy')
    .selectAll()
    .where('domain_id', '=', domainId)
    .execute()
  // Not by the database: each orders text in its own way.
  return rows.map(policyOf).sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function replace(db: Kysely<Tables>, policy: AccessPolicy): Promise<void> {
  const fixed = ['id', 'domain_id', 'created_at'] as const
  await writing(replaceRow(db, 'access_policy', rowOf(policy), { fixed, what: 'policy' }))
}

/** The row is locked before users are looked for, so that it cannot be attached in between. */
async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isStorable(id)) return false
  return await db.transaction().execute(async (transaction) => {
    const query = transaction.selectFrom('access_policy').select('id').where('id', '=', id)
    const row = await (locksRows(transaction) ? query.forUpdate() : query).executeTakeFirst()
    if (!row) return false
    const attached = await transaction
      .selectFrom('attached_policy')
      .select('user_id')
      .where('policy_id', '=', id)
      .limit(1)
      .executeTakeFirst()
    if (attached) throw new StillInUse('The policy is attached to a user.')
    await transaction.deleteFrom('access_policy').where('id', '=', id).execute()
    return true
  })
}

async function attach(db: Kysely<Tables>, attachment: AttachedPolicyTable): Promise<void> {
  requireStorable({ ...attachment })
  await db.transaction().execute(async (transaction) => {
    if (!(await isAttachable(transaction, attachment))) {
      throw new OwnerMissing('There is no such user, or no such policy in his account.')
    }
    await transaction
      .insertInto('attached_policy')
      .values(attachment)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
}

/** Whether user and policy are of one account; both then stay until the transaction ends. */
async function isAttachable(
  db: Kysely<Tables>,
  { user_id, policy_id }: AttachedPolicyTable,
): Promise<boolean> {
  const users = db.selectFrom('account_user').select('domain_id').where('id', '=', user_id)
  const user = await (locksRows(db) ? users.forKeyShare() : users).executeTakeFirst()
  if (!user) return false
  if (policy_id.startsWith('system:')) return true
  const policies = db
    .selectFrom('access_policy')
    .select('id')
    .where('id', '=', policy_id)
    .where('domain_id', '=', user.domain_id)
  const policy = await (locksRows(db) ? policies.forKeyShare() : policies).executeTakeFirst()
  return policy !== undefined
}

async function detach(db: Kysely<Tables>, attachment: AttachedPolicyTable): Promise<boolean> {
  const { user_id, policy_id } = attachment
  if (![user_id, policy_id].every(isStorable)) return false
  const deleted = await db
    .deleteFrom('attached_policy')
    .where('user_id', '=', user_id)
    .where('policy_id', '=', policy_id)
    .executeTakeFirst()
  return deleted.numDeletedRows === 1n
}

async function attachedTo(db: Kysely<Tables>, userId: string): Promise<readonly AttachedPolicy[]> {
  if (!isStorable(userId)) return []
  const rows = await db
    .selectFrom('attached_policy')
    .leftJoin('access_policy', 'access_policy.id', 'attached_policy.policy_id')
    .select('attached_policy.policy_id as attached_id')
    .selectAll('access_policy')
    .where('attached_policy.user_id', '=', userId)
    .execute()
  const attached = rows.map(({ attached_id, ...row }): AttachedPolicy => {
    if (isSystemPolicy(attached_id)) return { id: attached_id }
    return policyOf(wholeRow(row))
  })
  return attached.sort((a, b) => (a.id < b.id ? -1 : 1))
}

function isSystemPolicy(id: string): id is `system:${string}` {
  return id.startsWith('system:')
}

/** A policy cannot be removed while it is attached; one that is missing may have been one that denies. */
function wholeRow(row: {
  readonly [Column in keyof AccessPolicyTable]: AccessPolicyTable[Column] | null
}): AccessPolicyTable {
  const { id, domain_id, name, document, created_at, revision } = row
  if (
    id === null ||
    domain_id === null ||
    name === null ||
    document === null ||
    created_at === null ||
    revision === null
  ) {
    throw new Error('A policy that is attached to a user is missing.')
  }
  return { id, domain_id, name, document, created_at, revision }
}

function rowOfAttachment({
  userId,
  policyId,
}: {
  readonly userId: string
  readonly policyId: string
}): AttachedPolicyTable {
  return { user_id: userId, policy_id: policyId }
}

function rowOf(policy: AccessPolicy): AccessPolicyTable {
  const { id, domainId, name, document, createdAt, revision } = policy
  requireStorable({ policy_id: id, domain_id: domainId, policy_name: name, document })
  return { id, domain_id: domainId, name, document, created_at: createdAt, revision }
}

function policyOf(row: Selectable<AccessPolicyTable>): AccessPolicy {
  return {
    id: row.id,
    domainId: row.domain_id,
    name: row.name,
    document: row.document,
    createdAt: row.created_at,
    revision: row.revision,
  }
}
