import { DAY_MS } from '../../core/life-cycle.js'
import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import type { ClassRight, RightsSeen, UserRights } from './rights-seen.js'

const MATRIX = check({
  id: 'ACCESS-MATRIX',
  title: 'Every user may do what he needs, and no more',
  requirements: [
    ...serves('PCI DSS 4.0', '3.6.1.3', '7.2.1', '7.2.2', '7.2.5'),
    ...serves('FIPS 140-3', '7.4'),
  ],
  method:
    'The policies attached to each user are evaluated for each operation; what somebody needs is for a person to say.',
})
const POLICIES = check({
  id: 'ACCESS-POLICIES',
  title: 'Every policy that is attached to a user can be read',
  requirements: serves('PCI DSS 4.0', '7.2.1'),
  method: 'Each policy is read as the service reads it when it judges a call.',
})
const GRANTS = check({
  id: 'ACCESS-GRANTS',
  title: 'Grants are still needed',
  requirements: [
    ...serves('PCI DSS 4.0', '3.6.1.3', '7.2.2'),
    ...serves('SP 800-57 part 1 rev 5', '9.1'),
  ],
  method:
    'The grants on every CMK are listed. In the wire contract a grant has neither an expiry nor a constraint, so that none ends by itself.',
})
const KEY_AGE = check({
  id: 'ACCESS-KEYS-AGE',
  title: 'Access keys are exchanged',
  requirements: serves('PCI DSS 4.0', '8.6.3'),
  method: 'The age of each active access key is compared with the limit.',
})
const KEY_USE = check({
  id: 'ACCESS-KEYS-IDLE',
  title: 'Access keys that nobody uses are disabled',
  requirements: serves('PCI DSS 4.0', '8.2.6', '7.2.5'),
  method: 'Each active access key is looked up in the audit log.',
})

/** Judges who may do what. */
export function judgeRights(seen: Seen<RightsSeen>): readonly CheckResult[] {
  return [
    concludeSeen(MATRIX, seen, judgeMatrix),
    concludeSeen(POLICIES, seen, judgePolicies),
    concludeSeen(GRANTS, seen, judgeGrants),
    concludeSeen(KEY_AGE, seen, judgeKeyAge),
    concludeSeen(KEY_USE, seen, judgeKeyUse),
  ]
}

function judgeMatrix({ users, classes }: RightsSeen) {
  const active = users.filter(({ user }) => user.state === 'active')
  return {
    findings: active.map(({ user, policies, rights }): Finding => {
      const subject = nameOf(user)
      const may = rights.some(({ all, limited }) => all + limited > 0)
      if (!may) return { subject, observed: 'no right by a policy', verdict: 'pass' }
      const observed = printable(`policies ${policies.join(', ')}`)
      const reason = 'Compare his row of the matrix with what his work needs.'
      return { subject, observed, verdict: 'manual', reason }
    }),
    nothing: 'There is no user.',
    figures: [
      {
        kind: 'table' as const,
        title: 'Who may do what: operations of each class by policies',
        columns: ['user', ...classes],
        rows: active.map(({ user, rights }) => [nameOf(user), ...rights.map(cellOf)]),
      },
    ],
  }
}

function cellOf({ all, limited, operations }: ClassRight): string {
  if (all + limited === 0) return 'none'
  if (all === operations) return 'all'
  const part = limited > 0 ? `, ${limited} limited` : ''
  return `${all} of ${operations}${part}`
}

function judgePolicies({ users }: RightsSeen) {
  return {
    findings: users.map(({ user, unreadable, policies }): Finding => {
      const subject = nameOf(user)
      return unreadable === undefined
        ? { subject, observed: `${policies.length} policies`, verdict: 'pass' }
        : { subject, observed: printable(unreadable), verdict: 'fail' }
    }),
    nothing: 'There is no user.',
  }
}

function judgeGrants({ grants }: RightsSeen) {
  return {
    findings: grants.map((grant): Finding => {
      const { id, keyId, granteePrincipal, granteePrincipalType, operations, createdAt } = grant
      const whom = `${granteePrincipalType} ${granteePrincipal}`
      return {
        subject: printable(`grant ${id.slice(0, 16)}… on ${keyId}`),
        observed: printable(`${whom}: ${operations.join(', ')}; since ${day(createdAt)}`),
        verdict: 'manual',
        reason: 'It has no end: say whether it is still needed, or revoke it.',
      }
    }),
    nothing: 'There is no grant.',
  }
}

function judgeKeyAge({ now, accessKeys, maxAgeDays }: RightsSeen) {
  const lasting = accessKeys.filter(isLasting)
  return {
    bound: `An access key may be ${maxAgeDays} days old; --access-key-days changes that.`,
    findings: lasting.map(({ id, createdAt }): Finding => {
      const subject = `access key ${id}`
      const days = Math.floor((now - createdAt) / DAY_MS)
      if (days <= maxAgeDays) return { subject, observed: 'not too old', verdict: 'pass' }
      const reason = `made on ${day(createdAt)}: exchange it`
      return { subject, observed: 'too old', verdict: 'fail', reason }
    }),
    nothing: 'There is no access key.',
    figures: [
      {
        kind: 'series' as const,
        title: 'Age of active access keys',
        unit: 'days',
        points: lasting.map(({ id, createdAt }) => ({
          label: id,
          value: Math.floor((now - createdAt) / DAY_MS),
        })),
        limit: { label: 'oldest', value: maxAgeDays },
      },
    ],
  }
}

function judgeKeyUse(seen: RightsSeen) {
  const { accessKeys, lastUse } = seen
  return {
    bound: `An access key may be unused for ${seen.maxIdleDays} days.`,
    findings: accessKeys.filter(isLasting).map(({ id, createdAt }): Finding => {
      const subject = `access key ${id}`
      if (!lastUse) {
        const reason = 'The audit log could not be read.'
        return { subject, observed: 'unknown', verdict: 'not-applicable', reason }
      }
      return judgeUse({ subject, createdAt, used: lastUse.get(id) }, seen)
    }),
    nothing: 'There is no access key.',
  }
}

function judgeUse(
  key: {
    readonly subject: string
    readonly createdAt: number
    readonly used: number | undefined
  },
  { now, loggedSince, maxIdleDays }: RightsSeen,
): Finding {
  const { subject, createdAt, used } = key
  const idleSince = used ?? Math.max(createdAt, loggedSince)
  if (now - idleSince <= maxIdleDays * DAY_MS) {
    const observed = used === undefined ? 'new, or the log is' : 'in use'
    return { subject, observed, verdict: 'pass' }
  }
  const reason =
    used === undefined ? 'not once in the audit log: disable it' : `last used on ${day(used)}`
  return { subject, observed: 'unused', verdict: 'fail', reason }
}

function isLasting({ state, temporary }: RightsSeen['accessKeys'][number]): boolean {
  return state === 'active' && temporary === undefined
}

function nameOf(user: UserRights['user']): string {
  return printable(`${user.name} (${user.id}) of account ${user.domainId}`)
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'access', ...row }
}
