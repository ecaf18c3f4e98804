import type { KeyAttributes } from '../core/hsm-inspection.js'
import type { CheckResult, Finding } from './check.js'
import type { Figure } from './figure.js'
import {
  REPORT_FORMAT,
  type ReportDocument,
  type ReportedCheck,
  type ReportedObject,
} from './report-schema.js'
import { type ComplianceReport, countVerdicts } from './report.js'

/** What the report names besides the findings. */
export interface ReportHead {
  /** Version of this software. */
  readonly version: string
  /** Whether the profile admits real keys. */
  readonly productionProfile: boolean
}

/** A report as JSON, one member a line, as `ReportSchema` says. */
export function renderJson(report: ComplianceReport, head: ReportHead): string {
  const { identity, storedKeys } = report
  const counts = countVerdicts(report.checks)
  const document: ReportDocument = {
    report: 'hsm-kms compliance',
    format: REPORT_FORMAT,
    version: head.version,
    verdict: report.verdict,
    mode: report.mode,
    started_at: new Date(report.startedAt).toISOString(),
    ended_at: new Date(report.endedAt).toISOString(),
    token: { ...identity },
    production_profile: head.productionProfile,
    checks_passed: counts.pass,
    checks_failed: counts.fail,
    checks_not_applicable: counts['not-applicable'],
    checks_manual: counts.manual,
    keys_in_store: {
      cmk_versions: storedKeys.cmk,
      import_pairs: storedKeys.import,
      binding_keys: storedKeys.binding,
      credential_keys: storedKeys.credential,
      audit_keys: storedKeys.audit,
    },
    key_objects_on_token: report.objects.length,
    checks: report.checks.map(jsonOfCheck),
    objects: report.objects.map(jsonOfObject),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function jsonOfCheck(check: CheckResult): ReportedCheck {
  return {
    id: check.id,
    suite: check.suite,
    title: check.title,
    requirements: [...check.requirements],
    method: check.method,
    verdict: check.verdict,
    remarks: [...check.remarks],
    passed: check.passed,
    failed: check.failed,
    not_applicable: check.notApplicable,
    manual: check.manual,
    observed: { ...check.observed },
    failures: check.failures.map(jsonOfFinding),
    to_review: check.toReview.map(jsonOfFinding),
    figures: check.figures.map(jsonOfFigure),
  }
}

function jsonOfFigure(figure: Figure): ReportedCheck['figures'][number] {
  if (figure.kind === 'table') {
    return { ...figure, columns: [...figure.columns], rows: figure.rows.map((row) => [...row]) }
  }
  const { limit, points, ...rest } = figure
  return { ...rest, points: [...points], ...(limit && { limit }) }
}

function jsonOfFinding({ subject, observed, reason }: Finding): ReportedCheck['failures'][number] {
  return { subject, observed, ...(reason === undefined ? {} : { reason }) }
}

/** An attribute that the token does not report is null, so that it is seen to be missing. */
function jsonOfObject({
  class: objectClass,
  keyType,
  bits,
  label,
  id,
  flags,
}: KeyAttributes): ReportedObject {
  const attributes = Object.entries(flags).map(
    ([flag, value]) =>
      [flag.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value ?? null] as const,
  )
  return {
    label,
    id,
    class: objectClass,
    key_type: keyType,
    bits: bits ?? null,
    attributes: Object.fromEntries(attributes),
  }
}
