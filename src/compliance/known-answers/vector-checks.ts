import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import type { Figure } from '../figure.js'
import { printable } from '../printable.js'
import { type Requirement, serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import type { AskedCase, AskedVectors } from './ask-vectors.js'
import type { VectorAlgorithm } from './vector-case.js'

const METHOD =
  'The key of each vector goes into the token as a session object; what the token answers is compared with what is published, and what must be refused has to be.'

const OUTCOMES = {
  passed: 'as published',
  rejected: 'rejected as required',
  unsupported: 'not supported',
  failed: 'another answer',
} as const

type Outcome = keyof typeof OUTCOMES

interface Judged {
  readonly one: AskedCase
  readonly outcome: Outcome
  readonly detail: string
}

const CHECKS: readonly (CheckDefinition & { readonly algorithm: VectorAlgorithm })[] = [
  vectorCheck('kwp', 'VECTOR-AES-KWP', 'AES key wrap with padding', [
    ...serves('RFC 5649', '4.1', '4.2', '6'),
    ...serves('SP 800-38F', '6.3'),
  ]),
  vectorCheck('gcm', 'VECTOR-AES-GCM', 'AES-GCM', serves('SP 800-38D', '7.1', '7.2')),
  vectorCheck('hmac', 'VECTOR-HMAC', 'HMAC', serves('FIPS 198-1', '4')),
  vectorCheck('rsa-pss', 'VECTOR-RSA-PSS', 'RSASSA-PSS', [
    ...serves('FIPS 186-5', '5.4'),
    ...serves('RFC 8017', '8.1'),
  ]),
  vectorCheck('rsa-pkcs', 'VECTOR-RSA-PKCS', 'RSASSA-PKCS1-v1_5', [
    ...serves('FIPS 186-5', '5.4'),
    ...serves('RFC 8017', '8.2'),
  ]),
  vectorCheck('ecdsa', 'VECTOR-ECDSA', 'ECDSA', serves('FIPS 186-5', '6')),
]

const FILES: CheckDefinition = {
  id: 'VECTOR-FILES',
  suite: 'known-answers',
  title: 'The files of vectors were understood',
  requirements: serves('FIPS 140-3', '7.10.3'),
  method:
    'Each file of the folder of --vectors is read as Wycheproof JSON, else as a text form of CAVS.',
}

/** Judges published vectors, one check for each algorithm. */
export function judgeVectors(seen: Seen<AskedVectors>): readonly CheckResult[] {
  return [
    ...CHECKS.map(({ algorithm, ...check }) =>
      concludeSeen(check, seen, ({ cases }) => judgeAlgorithm(algorithm, cases)),
    ),
    concludeSeen(FILES, seen, judgeFiles),
  ]
}

function judgeAlgorithm(algorithm: VectorAlgorithm, cases: readonly AskedCase[]) {
  const judged = cases.filter((one) => one.algorithm === algorithm).map(judge)
  // A token that supports nothing of it has shown nothing; what the service cannot do without must be shown.
  const nothingShown = judged.every(({ outcome }) => outcome === 'unsupported')
  const findings = judged.map(findingOf)
  if (algorithm === 'kwp' && nothingShown) {
    findings.push({ subject: 'the token', observed: 'no vector was answered', verdict: 'fail' })
  }
  return {
    findings,
    nothing: 'No vectors of this algorithm were given: name a folder with --vectors.',
    figures: judged.length > 0 ? [countsBySource(judged)] : [],
  }
}

function judgeFiles({ files }: AskedVectors) {
  const findings: Finding[] = (files ?? []).map(({ name, cases }) =>
    cases > 0
      ? { subject: printable(name), observed: 'understood', verdict: 'pass' }
      : {
          subject: printable(name),
          observed: 'no vectors',
          verdict: 'not-applicable',
          reason: 'Files that hold no vectors of a known form and algorithm were left out.',
        },
  )
  if (files?.every(({ cases }) => cases === 0)) {
    findings.push({ subject: 'the folder', observed: 'no vectors at all', verdict: 'fail' })
  }
  return { findings, nothing: 'No folder of vectors was given: --vectors names one.' }
}

function judge(one: AskedCase): Judged {
  const { question, answer, validity } = one
  if ('refused' in question) {
    const outcome = validity === 'valid' ? 'failed' : 'rejected'
    return { one, outcome, detail: question.refused }
  }
  if ('unsupported' in question) {
    return { one, outcome: 'unsupported', detail: question.unsupported }
  }
  if (!answer) return { one, outcome: 'failed', detail: 'the token gave no answer' }
  if (answer.outcome === 'unsupported')
    return { one, outcome: 'unsupported', detail: answer.detail }
  if (answer.outcome === 'refused') {
    const outcome = validity === 'valid' ? 'failed' : 'rejected'
    return { one, outcome, detail: answer.detail }
  }
  if (answer.outcome === 'bytes') return judgeBytes(one, answer.bytes)
  if (validity === 'invalid') return { one, outcome: 'failed', detail: 'it was taken for right' }
  return { one, outcome: 'passed', detail: '' }
}

function judgeBytes(one: AskedCase, bytes: Uint8Array): Judged {
  const { expected, validity, algorithm } = one
  // The tag of a vector may be cut short: what there is of it is compared, never nothing.
  const compared = algorithm === 'hmac' ? bytes.subarray(0, expected?.length) : bytes
  const equal = expected !== undefined && Buffer.from(compared).equals(expected)
  if (validity !== 'invalid') {
    return { one, outcome: equal ? 'passed' : 'failed', detail: equal ? '' : 'the bytes differ' }
  }
  const made = algorithm === 'hmac'
  // A MAC is made whatever is published; what opens must not open at all.
  if (made && !equal) return { one, outcome: 'rejected', detail: '' }
  return { one, outcome: 'failed', detail: 'it was taken for right' }
}

function findingOf({ one, outcome, detail }: Judged): Finding {
  const subject = printable(`${one.source}: ${one.name}`)
  const observed = OUTCOMES[outcome]
  switch (outcome) {
    case 'passed':
    case 'rejected':
      return { subject, observed, verdict: 'pass' }
    case 'unsupported':
      return { subject, observed, verdict: 'not-applicable', reason: printable(detail) }
    case 'failed':
      return { subject, observed, verdict: 'fail', reason: printable(`${one.validity}: ${detail}`) }
  }
}

function countsBySource(judged: readonly Judged[]): Figure {
  const sources = [...new Set(judged.map(({ one }) => one.source))]
  return {
    kind: 'table',
    title: 'Vectors by source',
    columns: ['source', ...Object.values(OUTCOMES)],
    rows: sources.map((source) => [
      printable(source),
      ...(Object.keys(OUTCOMES) as Outcome[]).map(
        (outcome) =>
          judged.filter((row) => row.one.source === source && row.outcome === outcome).length,
      ),
    ]),
  }
}

function vectorCheck(
  algorithm: VectorAlgorithm,
  id: string,
  name: string,
  requirements: readonly Requirement[],
): CheckDefinition & { readonly algorithm: VectorAlgorithm } {
  return {
    algorithm,
    id,
    suite: 'known-answers',
    title: `The token answers published vectors of ${name} as it must`,
    requirements: [...requirements, ...serves('FIPS 140-3', '7.10.3')],
    method: METHOD,
  }
}
