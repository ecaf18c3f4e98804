import type { KeyAttributes } from '../core/hsm.js'
import type { CheckResult } from './check.js'
import { type ComplianceReport, countVerdicts } from './report.js'

/** What the report names besides the findings. */
export interface ReportHead {
  /** Version of this software. */
  readonly version: string
  /** Whether the profile admits real keys. */
  readonly productionProfile: boolean
}

/** A report as JSON, one member a line. */
export function renderJson(report: ComplianceReport, head: ReportHead): string {
  const { identity, storedKeys } = report
  const counts = countVerdicts(report.checks)
  const document = {
    report: 'hsm-kms compliance',
    version: head.version,
    verdict: report.verdict,
    started_at: new Date(report.startedAt).toISOString(),
    ended_at: new Date(report.endedAt).toISOString(),
    token: identity,
    production_profile: head.productionProfile,
    checks_passed: counts.pass,
    checks_failed: counts.fail,
    checks_not_applicable: counts['not-applicable'],
    keys_in_store: {
      cmk_versions: storedKeys.cmk,
      binding_keys: storedKeys.binding,
      credential_keys: storedKeys.credential,
    },
    key_objects_on_token: report.objects.length,
    checks: report.checks.map(jsonOfCheck),
    objects: report.objects.map(jsonOfObject),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function jsonOfCheck(check: CheckResult): object {
  return {
    id: check.id,
    suite: check.suite,
    title: check.title,
    requirement: check.requirement,
    method: check.method,
    verdict: check.verdict,
    remarks: check.remarks,
    passed: check.passed,
    failed: check.failed,
    not_applicable: check.notApplicable,
    observed: check.observed,
    failures: check.failures.map(({ subject, observed, reason }) => ({
      subject,
      observed,
      ...(reason === undefined ? {} : { reason }),
    })),
  }
}

/** An attribute that the token does not report is null, so that it is seen to be missing. */
function jsonOfObject({ class: objectClass, keyType, label, id, flags }: KeyAttributes): object {
  const attributes = Object.entries(flags).map(([flag, value]) => [
    flag.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value ?? null,
  ])
  return {
    label,
    id,
    class: objectClass,
    key_type: keyType,
    attributes: Object.fromEntries(attributes) as object,
  }
}
