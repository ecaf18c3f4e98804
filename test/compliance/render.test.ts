import { execFileSync, spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { renderJson } from '../../src/compliance/render-json.js'
import { renderJunit } from '../../src/compliance/render-junit.js'
import { renderSummary } from '../../src/compliance/render-summary.js'
import type { ComplianceReport } from '../../src/compliance/report.js'
import type { Observations } from '../../src/compliance/observations.js'
import { renderXml } from '../../src/compliance/xml.js'
import { describeUnless } from '../support/describe-unless.js'
import { failedIds, parseReport } from './bench.js'
import { FACTS, healthy, objectOf, storedKey, withFlags } from './made-up.js'
import { type ParsedElement, parseXml } from './parse-xml.js'
import { HEAD, reportOf as plainReport } from './sample-report.js'

const ODD_LABEL = 'cmk/<&>"\'\r\n\t\u0000\u001b\uFFFE]]>\u{1F511}'

function reportOf(observations: Observations): ComplianceReport {
  return plainReport({ ...observations, identity: { ...observations.identity, label: ODD_LABEL } })
}

/** Many CMKs that can be extracted, the first with an odd label, on a token that reports neither LOCAL nor DERIVE. */
function sabotaged(number: number): ComplianceReport {
  const stored = Array.from({ length: number }, () => storedKey('cmk'))
  const objects = stored.map((key, at) => ({
    ...withFlags(objectOf(key), { extractable: true, local: false, derive: undefined }),
    ...(at === 0 ? { label: ODD_LABEL } : {}),
  }))
  const facts = { ...FACTS, reportsLocal: false }
  return reportOf({ ...healthy(stored), objects, facts })
}

/** JUnit has one word for what does not apply and what a person has to judge. */
function skippedOf({ checks }: ComplianceReport): string {
  const skipped = checks.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'fail')
  expect(skipped.length).toBeGreaterThan(4)
  return String(skipped.length)
}

function find(element: ParsedElement, name: string): readonly ParsedElement[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...find(child, name),
  ])
}

describe('JUnit XML', () => {
  test('tells of a run that passes', () => {
    const report = reportOf(healthy())
    const root = parseXml(renderJunit(report, HEAD))
    const cases = find(root, 'testcase')
    expect(root.attributes).toMatchObject({
      failures: '0',
      skipped: skippedOf(report),
      time: '1.5',
    })
    expect(root.attributes['tests']).toBe(String(cases.length))
    expect(cases.map(({ attributes }) => attributes['name'])).toContain('KEY-EXTRACTABLE')
    expect(find(root, 'testsuite')[0]?.attributes['timestamp']).toBe('2026-01-02T03:04:05')
  })

  test('tells of a run that fails', () => {
    const report = sabotaged(3)
    const root = parseXml(renderJunit(report, HEAD))
    const failed = find(root, 'testcase').filter(({ children }) => children[0]?.name === 'failure')
    expect(failed.map(({ attributes }) => attributes['name'])).toEqual(
      failedIds(parseReport(renderJson(report, HEAD))),
    )
    expect(root.attributes).toMatchObject({
      failures: String(failed.length),
      skipped: skippedOf(report),
    })
    const [, extractable] = find(root, 'failure')
    expect(extractable?.text.split('\n')).toHaveLength(3)
    const [label] = find(root, 'property').filter(
      ({ attributes }) => attributes['name'] === 'label',
    )
    expect(label?.attributes['value']).toBe(ODD_LABEL.replaceAll(/[\u0000\u001b\uFFFE]/g, '\uFFFD'))
  })

  test('lists a bounded number of subjects', () => {
    const root = parseXml(renderJunit(sabotaged(150), HEAD))
    const lines = find(root, 'failure')[0]?.text.split('\n')
    expect(lines).toHaveLength(101)
    expect(lines?.at(-1)).toBe('and 50 more')
  })

  test('is well-formed and means what it says, whatever text it holds', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (value, content) => {
        const root = parseXml(
          renderXml({
            name: 'a',
            attributes: { value },
            children: [{ name: 'b', children: [content] }],
          }),
        )
        expect([root.attributes['value'], root.children[0]?.text]).toEqual([
          shown(value),
          shown(content),
        ])
      }),
    )
  })

  const xmllint = spawnSync('xmllint', ['--version']).error
  describeUnless(xmllint && 'xmllint is not installed', 'for xmllint', () => {
    test('is well-formed', () => {
      execFileSync('xmllint', ['--noout', '-'], { input: renderJunit(sabotaged(3), HEAD) })
    })
  })
})

test('JSON tells every failure, and an attribute that is not reported', () => {
  const report = parseReport(renderJson(sabotaged(150), HEAD))
  const extractable = report.checks.find(({ id }) => id === 'KEY-EXTRACTABLE')
  expect(extractable).toMatchObject({ verdict: 'fail', failed: 150, observed: { true: 150 } })
  expect(extractable?.failures).toHaveLength(150)
  expect(report.objects[0]).toMatchObject({
    label: ODD_LABEL,
    attributes: { never_extractable: true, derive: null },
  })
})

test('the summary has one line for each check that fails', () => {
  const report = sabotaged(150)
  const lines = renderSummary(report).split('\n')
  const failed = report.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
  expect(lines.flatMap((line) => /^FAIL (\S+): /.exec(line)?.[1] ?? [])).toEqual(failed)
  expect(lines).toContainEqual(expect.stringMatching(/^n\/a {2}KEY-LOCAL: /))
  expect(lines.find((line) => line.includes('KEY-EXTRACTABLE'))).toContain(', and 149 more')
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/)
})

/** What XML can hold of a text. */
function shown(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
}
