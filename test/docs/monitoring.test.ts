import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { ERROR_CODES, errorRow } from '../../src/core/errors.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { describeUnless } from '../support/describe-unless.js'
import { codeIn, fileOf, rowsOf, sectionOf, textOf } from './documents.js'

const GUIDE = textOf('docs/monitoring.md')
const RULES = parse(textOf('docs/monitoring/kms-alerts.yml')) as Rules
const RULE_TESTS = [
  'docs/monitoring/kms-alerts.test.yml',
  'docs/monitoring/kms-alerts.hours.test.yml',
]
const DASHBOARD = JSON.parse(textOf('docs/monitoring/kms-dashboard.json')) as Dashboard

interface Rules {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly labels: { readonly severity: string }
      readonly annotations: { readonly summary: string }
    }[]
  }[]
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly unknown[]
    }[]
  }[]
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: {
    readonly h: number
    readonly w: number
    readonly x: number
    readonly y: number
  }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[]
}

interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[]
  }
  readonly panels: readonly Panel[]
}

const ALERTS = RULES.groups.flatMap(({ rules }) => rules)
const TARGETS = DASHBOARD.panels.flatMap(({ targets }) => targets ?? [])

interface Registered {
  readonly kind: string
  readonly labels: readonly string[]
}

/** Every metric of the registry by name, with the labels that its samples show. */
async function registered(): Promise<ReadonlyMap<string, Registered>> {
  const text = await metricsWithSamples().text()
  const found = new Map<string, Registered>()
  for (const [, name = '', kind = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const sample = new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, 'gm')
    const labels = [...text.matchAll(sample)].flatMap(([, pairs = '']) =>
      [...pairs.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    )
    found.set(name, { kind, labels: [...new Set(labels)].filter((label) => label !== 'le') })
  }
  return found
}

/** Figures that each have a sample, so that their labels can be seen. */
function metricsWithSamples() {
  const metrics = createMetrics()
  metrics.request('Sign', 'ok', 0.1)
  metrics.slowRequest('Sign')
  metrics.dueWork('rotation', 'done')
  metrics.certificateExpires('server', 1)
  metrics.hsm.call('wrap', 'ok', 0.1)
  metrics.hsm.functions([{ name: 'C_Sign', calls: 1, failed: 0, ms: 1 }])
  metrics.hsm.agents({ ready: 1, starting: 0, sessions: 1, wantedSessions: 1 })
  metrics.hsm.agentEnded('hung')
  return metrics
}

/** Names of metrics in an expression of PromQL, those of a histogram without the end that tells its series apart. */
function metricsOf(expression: string): readonly string[] {
  const bare = expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
  return [...bare.matchAll(/\b((?:kms|process|nodejs)_[a-z0-9_]+)\b/g)].map(([, name = '']) => name)
}

function isKnown(name: string, known: ReadonlyMap<string, Registered>): boolean {
  return (
    known.has(name) || known.get(name.replace(/_(?:bucket|sum|count)$/, ''))?.kind === 'histogram'
  )
}

test('the guide lists every figure of the service with its kind and its labels, and no other', async () => {
  const documented = rowsOf(sectionOf(GUIDE, '## Figures')).map(
    ([name = '', kind, labels = '']) => ({
      name: codeIn(name)[0],
      kind,
      labels: [...codeIn(labels)].sort(),
    }),
  )
  const own = [...(await registered())]
    .filter(([name]) => name.startsWith('kms_'))
    .map(([name, { kind, labels }]) => ({ name, kind, labels: [...labels].sort() }))
  expect(new Set(documented)).toEqual(new Set(own))
  expect(documented).toHaveLength(own.length)
})

describe('the alert rules', () => {
  test('ask for figures that the service has, and for labels that they have', async () => {
    const known = await registered()
    const named = ALERTS.flatMap(({ expr }) => metricsOf(expr))
    expect(named.length).toBeGreaterThan(ALERTS.length - 1)
    expect(named.filter((name) => !isKnown(name, known))).toEqual([])
  })

  test('are complete: a severity that somebody routes by, and a sentence', () => {
    for (const { alert, labels, annotations, expr } of ALERTS) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(?:page|ticket)$/)])
      expect(annotations.summary).toMatch(/\.$/)
      expect(expr.trim()).not.toBe('')
    }
    expect(new Set(ALERTS.map(({ alert }) => alert)).size).toBe(ALERTS.length)
  })

  test('are those of the guide, with their severity', () => {
    const documented = rowsOf(sectionOf(GUIDE, '## Alerts')).map(([name = '', severity]) => [
      codeIn(name)[0],
      severity,
    ])
    expect(documented).toEqual(ALERTS.map(({ alert, labels }) => [alert, labels.severity]))
  })

  test('count exactly the codes of answers 5xx as failures', () => {
    const own = ERROR_CODES.filter((code) => errorRow(code).status >= 500).sort()
    for (const expression of [...ALERTS, ...TARGETS].map(({ expr }) => expr)) {
      const [, codes] = /code=~"(KMS[^"]*)"/.exec(expression) ?? []
      if (codes === undefined) continue
      expect(
        codes
          .split('|')
          .map((code) => code.replace('[.]', '.'))
          .sort(),
      ).toEqual(own)
    }
    expect(errorRow('APIGW.0308').status).toBe(429)
  })

  test('each have a test in which they fire and one in which they do not', () => {
    const asked = RULE_TESTS.flatMap((path) => (parse(textOf(path)) as RuleTests).tests).flatMap(
      ({ alert_rule_test: cases }) => cases,
    )
    function tested(fires: boolean): readonly string[] {
      const hits = asked.filter(({ exp_alerts: alerts }) => alerts.length > 0 === fires)
      return [...new Set(hits.map(({ alertname }) => alertname))].sort()
    }
    const own = ALERTS.map(({ alert }) => alert).sort()
    expect(tested(true)).toEqual(own)
    expect(tested(false)).toEqual(own)
  })
})

describeUnless(hasPromtool() ? undefined : 'promtool is not installed', 'promtool', () => {
  test('takes the alert rules', () => {
    expect(promtool('check', 'docs/monitoring/kms-alerts.yml')).toContain('SUCCESS')
  })

  test.each(RULE_TESTS)('finds that each rule fires when it should, and not before: %s', (path) => {
    expect(promtool('test', path)).toContain('SUCCESS')
  })
})

describe('the dashboard', () => {
  test('has what Grafana needs: an identity, variables, panels with a place and their questions', () => {
    const { uid, title, schemaVersion, templating, panels } = DASHBOARD
    expect(uid).toMatch(/^[a-zA-Z0-9_-]{1,40}$/)
    expect(title).not.toBe('')
    expect(schemaVersion).toBeGreaterThanOrEqual(36)
    expect(templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ])
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const panel of panels) {
      expect(panel.title).not.toBe('')
      if (panel.type === 'row') continue
      expect(panel.datasource).toEqual({ type: 'prometheus', uid: '${datasource}' })
      const letters = (panel.targets ?? []).map(({ refId }) => refId)
      expect(letters.length).toBeGreaterThan(0)
      expect(new Set(letters).size).toBe(letters.length)
    }
  })

  test('has no two panels in one place, and none beyond its 24 columns', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of DASHBOARD.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.has(`${x},${y}`)]).toEqual([title, false])
          taken.add(`${x},${y}`)
        }
      }
    }
  })

  test('asks for figures that the service has, and shows all that it has', async () => {
    const known = await registered()
    const named = TARGETS.flatMap(({ expr }) => metricsOf(expr))
    expect(named.filter((name) => !isKnown(name, known))).toEqual([])
    const shown = new Set(named.map((name) => name.replace(/_bucket$/, '')))
    const own = [...known.keys()].filter((name) => name.startsWith('kms_'))
    expect(own.filter((name) => !shown.has(name))).toEqual([])
  })

  test('groups by labels that the figures have', async () => {
    const known = await registered()
    const labels = new Set([...known.values()].flatMap((one) => one.labels))
    const asked = TARGETS.flatMap(({ expr }) =>
      [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', ')),
    )
    expect(
      asked.filter((label) => !labels.has(label) && !['le', 'instance'].includes(label)),
    ).toEqual([])
  })
})

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function promtool(verb: 'check' | 'test', path: string): string {
  return execFileSync('promtool', [verb, 'rules', fileOf(path).pathname], { encoding: 'utf8' })
}
