import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import type { BuildSeen, PackageSeen } from './build-seen.js'

const PACKAGES = check({
  id: 'BUILD-PACKAGES',
  title: 'Every package of the running build is the one that is locked',
  requirements: [
    ...serves('ECMA-424', '1.6'),
    ...serves('SP 800-218', 'PS.3.2', 'PW.4.1'),
    ...serves('PCI DSS 4.0', '6.3.2'),
    ...serves('FIPS 140-3', '7.5'),
  ],
  method:
    'The packages that the lock file names for running are compared with those in node_modules by version; each must have the digest of its archive. They make up the bill of materials, CycloneDX 1.6.',
})
const LICENCES = check({
  id: 'BUILD-LICENCES',
  title: 'The licence of every package is known',
  requirements: [...serves('ECMA-424', '1.6'), ...serves('PCI DSS 4.0', '6.3.2')],
  method: 'The member `license` of each package.json is read.',
})
const VULNERABILITIES = check({
  id: 'BUILD-VULNERABILITIES',
  title: 'No vulnerability is known of any package',
  requirements: [...serves('SP 800-218', 'RV.1.1'), ...serves('PCI DSS 4.0', '6.3.1')],
  method:
    'The advisories of the registry that npm is configured for are asked (npm audit), for ten seconds at most.',
})

/** Judges the running build. */
export function judgeBuild(seen: Seen<BuildSeen>): readonly CheckResult[] {
  const vulnerable = 'value' in seen ? seen.value.vulnerable : seen
  return [
    concludeSeen(PACKAGES, seen, ({ packages, lockSha256, node, openssl }) => ({
      bound: `package-lock.json has SHA-256 ${lockSha256}; Node ${node}, OpenSSL ${openssl}.`,
      findings: packages.map(judgePackage),
    })),
    concludeSeen(LICENCES, seen, ({ packages }) => ({
      findings: packages.filter(({ installed }) => installed !== undefined).map(judgeLicence),
      figures: [licenceTable(packages)],
    })),
    concludeSeen(VULNERABILITIES, vulnerable, (found) => ({
      findings:
        found.length === 0
          ? [{ subject: 'all packages', observed: 'no advisory', verdict: 'pass' as const }]
          : found.map(({ name, severity, advisories }) => ({
              subject: printable(name),
              observed: printable(`${severity}: ${advisories.join('; ')}`),
              verdict: 'fail' as const,
              reason: 'update it, or write down why it does not matter here',
            })),
    })),
  ]
}

function judgePackage({
  name,
  version,
  integrity,
  installed,
  optional,
  own,
}: PackageSeen): Finding {
  const subject = printable(`${name} ${version}`)
  if (installed === undefined && optional) {
    const reason = 'Optional packages of other platforms are not installed.'
    return { subject, observed: 'not installed', verdict: 'not-applicable', reason }
  }
  if (installed !== version) {
    const observed = installed === undefined ? 'not installed' : printable(`${installed} is there`)
    return { subject, observed, verdict: 'fail', reason: 'install as locked: npm ci' }
  }
  if (integrity === undefined && !own) {
    return { subject, observed: 'without a digest', verdict: 'fail', reason: 'lock it anew' }
  }
  return { subject, observed: 'as locked', verdict: 'pass' }
}

function judgeLicence({ name, version, licence }: PackageSeen): Finding {
  const subject = printable(`${name} ${version}`)
  return licence === undefined
    ? {
        subject,
        observed: 'none stated',
        verdict: 'manual',
        reason: 'Read the files of the package for its licence.',
      }
    : { subject, observed: printable(licence), verdict: 'pass' }
}

function licenceTable(packages: readonly PackageSeen[]) {
  const counts = new Map<string, number>()
  for (const { licence = 'none stated' } of packages) {
    counts.set(licence, (counts.get(licence) ?? 0) + 1)
  }
  return {
    kind: 'table' as const,
    title: 'Licences',
    columns: ['licence', 'packages'],
    rows: [...counts]
      .sort(([, one], [, other]) => other - one)
      .map(([licence, count]) => [printable(licence), count]),
  }
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'build', ...row }
}
