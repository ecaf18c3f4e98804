import { type Comparison, compareReports } from '../../src/compliance/compare/compare-reports.js'
import { renderComparison } from '../../src/compliance/compare/render-comparison.js'
import { renderJson } from '../../src/compliance/render-json.js'
import type { ReportDocument } from '../../src/compliance/report-schema.js'
import type { ComplianceReport } from '../../src/compliance/report.js'
import { HOSTILE } from './hostile.js'
import { healthy, objectOf, storedKey, withFlags } from './made-up.js'
import { HEAD, reportOf } from './sample-report.js'

const cmks = [storedKey('cmk'), storedKey('cmk'), storedKey('cmk')] as const
const [first, second, third] = cmks

function documentOf(report: ComplianceReport, version = HEAD.version): ReportDocument {
  return JSON.parse(renderJson(report, { ...HEAD, version })) as ReportDocument
}

const OLD = documentOf(reportOf(healthy([first, second])))

test('of a run and itself has nothing', () => {
  const comparison = compareReports(OLD, OLD)
  expect(comparison).toMatchObject({
    token: {},
    counts: {},
    checks: { changed: [], came: [], went: [] },
    objects: { came: [], went: [], changed: [] },
  })
  expect(renderComparison(comparison)).toMatch(/\nNothing has changed\.\n$/)
})

test('tells keys that came, went and changed, and what they did to checks', () => {
  const loose = withFlags(objectOf(second), { extractable: true })
  const now = { ...healthy([second, third]), objects: [loose, objectOf(third)] }
  const comparison = compareReports(OLD, documentOf(reportOf(now)))
  expect(comparison.objects).toEqual({
    came: [{ label: third.label, id: third.id }],
    went: [{ label: first.label, id: first.id }],
    changed: [{ label: second.label, id: second.id, attributes: ['extractable'] }],
  })
  expect(comparison.verdict).toEqual({ old: 'pass', new: 'fail' })
  expect(comparison.checks.changed).toEqual([
    {
      id: 'KEY-EXTRACTABLE',
      old: 'pass',
      new: 'fail',
      failing: [`${second.label} (CKA_ID ${second.id})`],
      mended: [],
    },
  ])
  expect(comparison.counts).toMatchObject({ checks_failed: { old: 0, new: 1 } })
  const text = renderComparison(comparison)
  for (const line of [
    'verdict: pass → fail',
    'checks failed: 0 → 1',
    'check KEY-EXTRACTABLE: pass → fail',
    `  fails now: ${second.label}`,
    `object came: ${third.label}`,
    `object went: ${first.label}`,
    `object changed: ${second.label} (CKA_ID ${second.id}): extractable`,
  ]) {
    expect(text).toContain(`\n${line}`)
  }
})

test('tells other subjects of a check that fails as before', () => {
  const [old, now] = [first, second].map((bad) => ({
    ...healthy([first, second]),
    objects: [first, second].map((key) => withFlags(objectOf(key), { private: key !== bad })),
  }))
  if (!old || !now) throw new Error('There are two runs.')
  const { checks } = compareReports(documentOf(reportOf(old)), documentOf(reportOf(now)))
  expect(checks.changed).toEqual([
    {
      id: 'KEY-PRIVATE',
      old: 'fail',
      new: 'fail',
      failing: [expect.stringContaining(second.id)],
      mended: [expect.stringContaining(first.id)],
    },
  ])
})

test('tells another token, software, and checks that came or went', () => {
  const report = reportOf(healthy([first, second]))
  const [gone, ...checks] = report.checks
  const identity = { ...report.identity, serial: '2' }
  const now = documentOf({ ...report, identity, checks, mode: 'full' }, '2.0.0')
  const id = gone?.id ?? ''
  const comparison = compareReports(OLD, now)
  expect(comparison).toMatchObject({
    token: { serial: { old: '1', new: '2' } },
    version: { old: HEAD.version, new: '2.0.0' },
    mode: { old: 'read-only', new: 'full' },
    checks: { went: [{ id, verdict: 'pass' }], came: [] },
  })
  expect(compareReports(now, OLD).checks.came).toEqual([{ id, verdict: 'pass' }])
  expect(renderComparison(comparison)).toContain(`check ${id} is gone: it was pass`)
})

test('tells two objects of one name apart', () => {
  const twice = documentOf({
    ...reportOf(healthy([first])),
    objects: [objectOf(first), objectOf(first)],
  })
  const once = documentOf(reportOf(healthy([first])))
  expect(compareReports(once, twice).objects.came).toHaveLength(1)
  expect(compareReports(twice, once).objects.went).toHaveLength(1)
})

test('is one line for each thing, whatever a label holds', () => {
  const object = { ...objectOf(third), label: HOSTILE.join('') }
  const now = documentOf({ ...reportOf(healthy([first, second])), objects: [object] })
  const comparison: Comparison = compareReports(OLD, now)
  const text = renderComparison(comparison)
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
  expect(text.split('\n').filter((line) => line.startsWith('object came'))).toHaveLength(1)
})
