import { type Static, Type } from '../packages/typebox.js'
import { SUITES } from './check.js'

/** Format of the JSON report that this program writes, and the only one that it reads. */
export const REPORT_FORMAT = 1

/** Object whose members are all known. */
const CLOSED = { additionalProperties: false } as const

const COUNT = Type.Integer({ minimum: 0 })
const TEXT = Type.String()

const FindingSchema = Type.Object(
  { subject: TEXT, observed: TEXT, reason: Type.Optional(TEXT) },
  CLOSED,
)

const FigureSchema = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('series'),
      title: TEXT,
      unit: TEXT,
      points: Type.Array(Type.Object({ label: TEXT, value: Type.Number() }, CLOSED)),
      limit: Type.Optional(Type.Object({ label: TEXT, value: Type.Number() }, CLOSED)),
    },
    CLOSED,
  ),
  Type.Object(
    {
      kind: Type.Literal('table'),
      title: TEXT,
      columns: Type.Array(TEXT),
      rows: Type.Array(Type.Array(Type.Union([TEXT, Type.Number()]))),
    },
    CLOSED,
  ),
])

const CheckSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[A-Z0-9]+(-[A-Z0-9]+)*$',
      description: 'Stable across releases.',
    }),
    suite: Type.Enum([...SUITES]),
    title: Type.String({ description: 'What holds where the check passes.' }),
    requirements: Type.Array(Type.Object({ document: TEXT, clause: TEXT }, CLOSED), {
      description: 'The clauses that the check serves.',
    }),
    method: Type.String({ description: 'How it is found out.' }),
    verdict: Type.Enum(['pass', 'fail', 'not-applicable', 'manual']),
    remarks: Type.Array(TEXT),
    passed: COUNT,
    failed: COUNT,
    not_applicable: COUNT,
    manual: COUNT,
    observed: Type.Record(TEXT, COUNT, { description: 'How often each thing was seen.' }),
    failures: Type.Array(FindingSchema),
    to_review: Type.Array(FindingSchema, { description: 'What a person must look at.' }),
    figures: Type.Array(FigureSchema),
  },
  CLOSED,
)

const ObjectSchema = Type.Object(
  {
    label: TEXT,
    id: Type.String({ description: 'CKA_ID in hexadecimal.' }),
    class: Type.Integer({ description: 'CKA_CLASS: 3 a private key, 4 a secret key.' }),
    key_type: Type.Integer({ description: 'CKA_KEY_TYPE; -1 where it is not reported.' }),
    bits: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Length of the key; null where the token does not report it.',
    }),
    attributes: Type.Record(TEXT, Type.Union([Type.Boolean(), Type.Null()]), {
      description: 'null where the token does not report the attribute.',
    }),
  },
  CLOSED,
)

/** The JSON report of a compliance run, as JSON Schema 2020-12: published beside every report. */
export const ReportSchema = Type.Object(
  {
    report: Type.Literal('hsm-kms compliance'),
    format: Type.Literal(REPORT_FORMAT),
    version: Type.String({ description: 'Version of the software that ran.' }),
    verdict: Type.Enum(['pass', 'fail']),
    mode: Type.Enum(['read-only', 'full']),
    started_at: Type.String({ description: 'ISO 8601, UTC.' }),
    ended_at: TEXT,
    token: Type.Object(
      {
        label: TEXT,
        manufacturer: TEXT,
        model: TEXT,
        serial: TEXT,
        hardware: TEXT,
        firmware: TEXT,
        library: TEXT,
        profile: TEXT,
      },
      {
        additionalProperties: true,
        description: 'What the token and its library say of themselves.',
      },
    ),
    production_profile: Type.Boolean({ description: 'Whether the profile admits real keys.' }),
    checks_passed: COUNT,
    checks_failed: COUNT,
    checks_not_applicable: COUNT,
    checks_manual: COUNT,
    keys_in_store: Type.Object(
      {
        cmk_versions: COUNT,
        import_pairs: COUNT,
        binding_keys: COUNT,
        credential_keys: COUNT,
        audit_keys: COUNT,
      },
      CLOSED,
    ),
    key_objects_on_token: COUNT,
    checks: Type.Array(CheckSchema),
    objects: Type.Array(ObjectSchema),
  },
  {
    ...CLOSED,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:hsm-kms:compliance-report:${REPORT_FORMAT}`,
    title: 'Report of a compliance run',
  },
)

/** A JSON report, as {@link ReportSchema} says. */
export type ReportDocument = Static<typeof ReportSchema>
/** A check in a JSON report. */
export type ReportedCheck = ReportDocument['checks'][number]
/** A key object in a JSON report. */
export type ReportedObject = ReportDocument['objects'][number]

/** The schema as a file. */
export function renderSchema(): string {
  return `${JSON.stringify(ReportSchema, null, 2)}\n`
}
