import type { Cmk } from '../../core/cmk.js'
import { keySpecRow, pairUse } from '../../core/key-specs.js'
import { DAY_MS } from '../../core/life-cycle.js'
import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import type { Cryptoperiods, LifeCycleSeen, LivingCmk, PeriodKind } from './life-cycle-seen.js'

/** Work that is due is done within so long, or somebody has to look. */
const OVERDUE_MS = DAY_MS

const ROTATION = check({
  id: 'LIFE-ROTATION',
  title: 'Keys whose rotation is on are rotated when it is due',
  requirements: [...serves('SP 800-57 part 1 rev 5', '8.2'), ...serves('PCI DSS 4.0', '3.7.4')],
  method:
    'Of each CMK the dates of its versions and its next rotation are read from the store; one that is a day late fails.',
})
const PERIODS = check({
  id: 'LIFE-CRYPTOPERIODS',
  title: 'No key protects data for longer than its cryptoperiod',
  requirements: [...serves('SP 800-57 part 1 rev 5', '5.3'), ...serves('PCI DSS 4.0', '3.7.4')],
  method:
    'The age of the version that encrypts, signs or makes MACs is compared with the cryptoperiod of its kind; keys that are disabled or to be destroyed protect nothing.',
})
const DELETION = check({
  id: 'LIFE-DELETION',
  title: 'Keys that were to be destroyed are destroyed in time',
  requirements: [
    ...serves('SP 800-57 part 1 rev 5', '7', '8.3'),
    ...serves('FIPS 140-3', '7.9.7'),
    ...serves('PCI DSS 4.0', '3.7.5'),
  ],
  method:
    'Scheduled deletions and destroyed keys whose objects may still be on the token are listed; one that is a day late fails.',
})

/** Judges the life cycle of the keys. */
export function judgeLifeCycle(seen: Seen<LifeCycleSeen>): readonly CheckResult[] {
  return [
    concludeSeen(ROTATION, seen, judgeRotations),
    concludeSeen(PERIODS, seen, judgePeriods),
    concludeSeen(DELETION, seen, judgeDeletions),
  ]
}

function judgeRotations({ now, cmks }: LifeCycleSeen) {
  const living = cmks.filter(({ cmk }) => cmk.destroyedAt === undefined)
  return {
    findings: living.map(({ cmk }) => judgeRotation(cmk, now)),
    nothing: 'There is no CMK.',
    figures: [
      {
        kind: 'table' as const,
        title: 'Versions and rotations',
        columns: ['CMK', 'spec', 'made', 'versions', 'current since', 'rotated', 'every', 'next'],
        rows: living.map(({ cmk, versions }) => [
          cmk.id,
          cmk.spec,
          day(cmk.createdAt),
          versions.length,
          day(currentSince({ cmk, versions })),
          cmk.rotation.count,
          cmk.rotation.enabled ? `${cmk.rotation.intervalDays} days` : 'off',
          day(cmk.rotation.nextAt),
        ]),
      },
    ],
  }
}

function judgeRotation({ id, state, rotation }: Cmk, now: number): Finding {
  const subject = `CMK ${id}`
  if (!rotation.enabled || rotation.nextAt === undefined) {
    const reason = 'Its rotation is off: LIFE-CRYPTOPERIODS judges its age.'
    return { subject, observed: 'rotation is off', verdict: 'not-applicable', reason }
  }
  if (state !== '2') {
    const reason = 'A key that is not enabled is not rotated.'
    return { subject, observed: 'not enabled', verdict: 'not-applicable', reason }
  }
  if (now <= rotation.nextAt + OVERDUE_MS) {
    return { subject, observed: 'in time', verdict: 'pass' }
  }
  const reason = `it was due on ${day(rotation.nextAt)}`
  return { subject, observed: 'late', verdict: 'fail', reason }
}

function judgePeriods({ now, cmks, serviceKeys, cryptoperiods }: LifeCycleSeen) {
  const living = cmks.filter(({ cmk }) => cmk.destroyedAt === undefined)
  const newest = serviceKeys.filter(
    ({ purpose, keystoreId, key }) =>
      !serviceKeys.some(
        (other) =>
          other.purpose === purpose &&
          other.keystoreId === keystoreId &&
          other.key.version > key.version,
      ),
  )
  const ages = living
    .filter(({ cmk }) => cmk.state === '2')
    .map((one) => ({ label: one.cmk.id, value: daysBetween(currentSince(one), now) }))
  const limits = Object.entries(cryptoperiods).map(([kind, days]) => `${kind} ${days}`)
  return {
    bound: `Cryptoperiods in days: ${limits.join(', ')}; --cryptoperiods changes them.`,
    findings: [
      ...living.map((one) => judgeCmkPeriod(one, { now, cryptoperiods })),
      ...newest.map(({ purpose, keystoreId, createdAt }) => {
        const kind = purpose === 'audit' ? 'sign' : purpose === 'binding' ? 'mac' : 'symmetric'
        const subject = `${purpose} key of keystore ${keystoreId}`
        return judgePeriod({ subject, since: createdAt, kind }, { now, cryptoperiods })
      }),
    ],
    nothing: 'There is no key.',
    figures: [
      {
        kind: 'series' as const,
        title: 'Age of the version of each enabled CMK that protects',
        unit: 'days',
        points: ages,
        limit: {
          label: 'shortest cryptoperiod',
          value: Math.min(...Object.values(cryptoperiods)),
        },
      },
    ],
  }
}

interface Now {
  readonly now: number
  readonly cryptoperiods: Cryptoperiods
}

function judgeCmkPeriod(one: LivingCmk, now: Now): Finding {
  const subject = `CMK ${one.cmk.id}`
  if (one.cmk.state !== '2') {
    const reason = 'A key that is not enabled protects nothing new.'
    return { subject, observed: 'not enabled', verdict: 'not-applicable', reason }
  }
  return judgePeriod({ subject, since: currentSince(one), kind: kindOf(one.cmk) }, now)
}

function judgePeriod(
  key: { readonly subject: string; readonly since: number; readonly kind: PeriodKind },
  { now, cryptoperiods }: Now,
): Finding {
  const { subject, since, kind } = key
  const days = cryptoperiods[kind]
  if (now - since <= days * DAY_MS) return { subject, observed: 'within', verdict: 'pass' }
  const reason = `in use since ${day(since)}, for ${kind} ${days} days at most: rotate or replace it`
  return { subject, observed: 'exceeded', verdict: 'fail', reason }
}

function kindOf({ spec, usage }: Cmk): PeriodKind {
  const { form, family } = keySpecRow(spec)
  if (form === 'pair') {
    const use = pairUse(usage)
    return use === 'decrypt' || use === 'agree' ? use : 'sign'
  }
  return family === 'hmac' ? 'mac' : 'symmetric'
}

function judgeDeletions({ now, cmks }: LifeCycleSeen) {
  const ending = cmks.filter(
    ({ cmk }) => cmk.state === '4' || (cmk.destroyedAt !== undefined && !cmk.materialGone),
  )
  return {
    findings: ending.map(({ cmk }): Finding => {
      const subject = `CMK ${cmk.id}`
      const due = cmk.destroyedAt ?? cmk.deletionAt ?? 0
      const observed =
        cmk.destroyedAt === undefined ? `due on ${day(due)}` : 'objects may be on the token'
      if (now <= due + OVERDUE_MS) return { subject, observed, verdict: 'pass' }
      return { subject, observed, verdict: 'fail', reason: 'it should have been done by now' }
    }),
    nothing: 'No deletion is pending.',
  }
}

function currentSince({ cmk, versions }: LivingCmk): number {
  const current = versions.find(({ key }) => key.version === cmk.currentVersion)
  return current?.createdAt ?? cmk.createdAt
}

function daysBetween(since: number, now: number): number {
  return Math.floor((now - since) / DAY_MS)
}

function day(time: number | undefined): string {
  return time === undefined ? 'none' : new Date(time).toISOString().slice(0, 10)
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'life-cycle', ...row }
}
