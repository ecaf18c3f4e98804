import { type CheckResult, type Finding, conclude } from '../../src/compliance/check.js'
import type { Figure } from '../../src/compliance/figure.js'
import { judge } from '../../src/compliance/judge.js'
import type { Observations } from '../../src/compliance/observations.js'
import type { ComplianceReport } from '../../src/compliance/report.js'
import { serves } from '../../src/compliance/requirements.js'
import { healthy, objectOf, storedKey, withFlags } from './made-up.js'

/** What the reports of tests name besides their findings. */
export const HEAD = { version: '1.2.3', productionProfile: true }

/** A report on observations. */
export function reportOf(observations: Observations): ComplianceReport {
  const checks = judge(observations)
  return {
    verdict: checks.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass',
    mode: 'read-only',
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    endedAt: Date.UTC(2026, 0, 2, 3, 4, 7, 178),
    identity: observations.identity,
    checks,
    storedKeys: { cmk: 1, import: 0, binding: 1, credential: 1, audit: 1 },
    objects: observations.objects,
    attachments: [],
  }
}

/** Two reports are to differ in their texts alone, and not in what was drawn at random. */
const known = new Map<number, Observations>()

function observationsOf(number: number): Observations {
  const made = known.get(number)
  if (made) return made
  const observations = healthy(Array.from({ length: number }, () => storedKey('cmk')))
  known.set(number, observations)
  return observations
}

/**
 * A report in which every text that comes from outside is the given one, and that has every kind of verdict and figure,
 * and so many keys, users and findings.
 */
export function reportWith(text: string, number: number): ComplianceReport {
  const observations = observationsOf(number)
  const { stored } = observations
  const objects = stored.map((key, at) => {
    const object = { ...objectOf(key), label: `${text}${at}` }
    if (at < 3) return withFlags(object, { extractable: true, neverExtractable: false })
    return at < 5 ? withFlags(object, { derive: undefined, local: false }) : object
  })
  const report = reportOf({
    ...observations,
    objects,
    facts: { ...observations.facts, reportsLocal: false },
  })
  return {
    ...report,
    identity: {
      label: text,
      manufacturer: text,
      model: text,
      serial: text,
      hardware: text,
      firmware: text,
      library: text,
      profile: text,
    },
    checks: [...report.checks, ...checksWith(text, number)],
  }
}

function checksWith(text: string, number: number): readonly CheckResult[] {
  return [
    conclude(
      {
        id: 'SAMPLE-RANDOM',
        suite: 'random',
        title: 'No value comes more often than chance explains',
        requirements: serves('SP 800-90B', '4.3', '4.4.2'),
        method: 'Windows of 512 samples are counted; see the figure.',
      },
      [finding('pass', text)],
      { nothing: '', bound: text, figures: randomFigures(text) },
    ),
    conclude(
      {
        id: 'SAMPLE-AGE',
        suite: 'life-cycle',
        title: 'No key is older than its cryptoperiod',
        requirements: [
          ...serves('SP 800-57 part 1 rev 5', '5.3'),
          ...serves('PCI DSS 4.0', '3.7.4'),
        ],
        method: 'The age of the newest version of each CMK is compared with its cryptoperiod.',
      },
      [finding('pass', text), finding('manual', text), finding('not-applicable', text)],
      { nothing: '', figures: ageFigures(text) },
    ),
    conclude(
      {
        id: 'SAMPLE-RIGHTS',
        suite: 'access',
        title: 'Who may do what is as it is meant to be',
        requirements: serves('PCI DSS 4.0', '7.2.1', '7.2.2'),
        method: 'The live policies are evaluated for every user and every operation.',
      },
      Array.from({ length: number }, (_, at) => finding('manual', `${text}${at}`)),
      { nothing: '', figures: [matrixFigure(text, number)] },
    ),
  ]
}

function finding(verdict: Finding['verdict'], text: string): Finding {
  return { subject: text, observed: text, verdict, reason: text }
}

function randomFigures(text: string): readonly Figure[] {
  const title = `${text} Most frequent value by window`
  function point(label: string, value: number) {
    return { label: `${text}${label}`, value }
  }
  return [
    {
      kind: 'series',
      title,
      unit: 'samples',
      points: [point('first', 9), point('second', 12), point('third', 14)],
      limit: point('cutoff', 13),
    },
    {
      kind: 'series',
      title: `${text} Longest repetition`,
      unit: 'samples',
      points: [point('all', 0)],
    },
  ]
}

function ageFigures(text: string): readonly Figure[] {
  const points = Array.from({ length: 60 }, (_, at) => ({
    label: `${text}${at}`,
    value: (at * 37) % 420,
  }))
  const limit = { label: `${text} cryptoperiod`, value: 365 }
  return [{ kind: 'series', title: `${text} Age of CMKs`, unit: 'days', points, limit }]
}

function matrixFigure(text: string, number: number): Figure {
  return {
    kind: 'table',
    title: `${text} Permissions`,
    columns: ['User', 'Create', 'Encrypt', 'Decrypt', 'Schedule deletion', 'Grants'],
    rows: Array.from({ length: number }, (_, at) => [`${text}${at}`, 'yes', 'yes', 'no', 'no', at]),
  }
}
