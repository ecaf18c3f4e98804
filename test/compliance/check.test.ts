import { type CheckDefinition, type Verdict, conclude } from '../../src/compliance/check.js'
import { judge } from '../../src/compliance/judge.js'
import { DOCUMENTS, requirementsLine, serves } from '../../src/compliance/requirements.js'
import { concludeSeen } from '../../src/compliance/seen.js'
import { healthy } from './made-up.js'

const CHECK: CheckDefinition = {
  id: 'SOME-CHECK',
  suite: 'keys',
  title: 'Something holds',
  requirements: serves('FIPS 140-3', '7.9.1'),
  method: 'It is looked at.',
}

function verdictOf(...verdicts: readonly Verdict[]): Verdict {
  const findings = verdicts.map((verdict) => ({ subject: 's', observed: 'o', verdict }))
  return conclude(CHECK, findings, { nothing: 'nothing' }).verdict
}

test('a failure counts more than what a person must judge, and that more than a pass', () => {
  expect(verdictOf()).toBe('not-applicable')
  expect(verdictOf('not-applicable')).toBe('not-applicable')
  expect(verdictOf('not-applicable', 'pass')).toBe('pass')
  expect(verdictOf('pass', 'manual', 'not-applicable')).toBe('manual')
  expect(verdictOf('manual', 'fail', 'pass')).toBe('fail')
})

test('what a person must judge is told with its reason, and is no failure', () => {
  const finding = { subject: 's', observed: 'o', verdict: 'manual', reason: 'Look.' } as const
  const result = conclude(CHECK, [finding], { nothing: '' })
  expect(result).toMatchObject({ manual: 1, failed: 0, failures: [], toReview: [finding] })
})

test('what could not be found out fails, and what nobody looked at does not apply', () => {
  function never(): never {
    throw new Error('There is nothing to judge.')
  }
  expect(concludeSeen(CHECK, { error: 'away\n' }, never)).toMatchObject({
    verdict: 'fail',
    failures: [{ observed: 'away\\u{a}' }],
  })
  expect(concludeSeen(CHECK, { omitted: 'Not here.' }, never)).toMatchObject({
    verdict: 'not-applicable',
    remarks: ['Not here.'],
  })
})

test('every check serves clauses that are listed, each once', () => {
  for (const { id, requirements } of judge(healthy())) {
    const names = requirements.map(({ document, clause }) => `${document} ${clause}`)
    expect([id, new Set(names).size]).toEqual([id, names.length])
    for (const { document, clause } of requirements) {
      expect(Object.keys(DOCUMENTS[document].clauses)).toContain(clause)
    }
  }
})

test('rows of figures are as long as their heads', () => {
  for (const { figures } of judge(healthy())) {
    for (const figure of figures) {
      if (figure.kind === 'series') continue
      for (const row of figure.rows) expect(row).toHaveLength(figure.columns.length)
    }
  }
})

test('requirements are told by document', () => {
  const line = requirementsLine([
    ...serves('FIPS 140-3', '7.9.1', '7.9.5'),
    ...serves('RFC 5649', '3'),
    ...serves('FIPS 140-3', '7.4'),
  ])
  expect(line).toBe('FIPS 140-3 7.9.1, 7.9.5, 7.4; RFC 5649 3')
})
