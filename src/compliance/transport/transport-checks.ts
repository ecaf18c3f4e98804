import { DAY_MS } from '../../core/life-cycle.js'
import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import type { TransportSeen } from './transport-seen.js'

/** A certificate that ends so soon is to be replaced by somebody. */
const SOON_MS = 30 * DAY_MS
const GOOD_VERSIONS = ['TLSv1.2', 'TLSv1.3']
/** Forward secrecy, and encryption that authenticates: RFC 9325 section 4.2, SP 800-52 section 3.3.1. */
const GOOD_SUITE = /^(TLS_|ECDHE-|DHE-).*(GCM|CHACHA20|CCM)/
const LEAST_BITS: Readonly<Record<string, number>> = { rsa: 2048, ec: 256, ed25519: 256 }

const VERSIONS = check({
  id: 'TLS-VERSIONS',
  title: 'The listener speaks TLS 1.2 and 1.3 alone',
  requirements: [...serves('SP 800-52 rev 2', '3.1'), ...serves('PCI DSS 4.0', '4.2.1', '12.3.3')],
  method: 'A client offers each version alone, and sees whether a handshake comes about.',
})
const SUITES = check({
  id: 'TLS-SUITES',
  title: 'The listener takes suites with forward secrecy and authenticated encryption alone',
  requirements: [...serves('SP 800-52 rev 2', '3.3'), ...serves('PCI DSS 4.0', '4.2.1', '12.3.3')],
  method: 'A client offers each suite that its OpenSSL knows alone, and sees which are taken.',
})
const CERTIFICATE = check({
  id: 'TLS-CERTIFICATE',
  title: 'The certificate of the listener is valid and strong enough',
  requirements: [...serves('SP 800-52 rev 2', '3.2'), ...serves('SP 800-131A rev 2', '3')],
  method:
    'The certificate of the handshake is read: its time, its key. Names and chain are the clients’ to judge.',
})

/** Judges the listener as a client sees it. */
export function judgeTransport(seen: Seen<TransportSeen>): readonly CheckResult[] {
  return [
    concludeSeen(VERSIONS, seen, ({ versions, endpoint }) => ({
      bound: printable(`Endpoint ${endpoint}`),
      findings: versions.map(judgeVersion),
    })),
    concludeSeen(SUITES, seen, ({ suites, suitesTried, endpoint }) => ({
      bound: printable(`Endpoint ${endpoint}; ${suitesTried} suites were offered.`),
      findings: suites.map(({ version, suite }): Finding => {
        const good = GOOD_SUITE.test(suite)
        return {
          subject: `${version} ${suite}`,
          observed: good ? 'forward secrecy, authenticated' : 'weak',
          verdict: good ? 'pass' : 'fail',
        }
      }),
      nothing: 'It took none of the suites that were offered.',
    })),
    concludeSeen(CERTIFICATE, seen, judgeCertificate),
  ]
}

function judgeVersion({ version, accepted }: TransportSeen['versions'][number]): Finding {
  const observed = accepted ? 'accepted' : 'refused'
  const good = GOOD_VERSIONS.includes(version)
  if (accepted === good) return { subject: version, observed, verdict: 'pass' }
  if (!accepted) {
    const reason = 'It may do without one of the good versions.'
    return { subject: version, observed, verdict: 'not-applicable', reason }
  }
  return { subject: version, observed, verdict: 'fail', reason: 'it must be refused' }
}

function judgeCertificate({ certificate, now }: TransportSeen) {
  if (!certificate) return { findings: [], nothing: 'It showed no certificate.' }
  const { subject, validFrom, validTo, keyType, keyBits } = certificate
  const name = printable(subject)
  const ends = new Date(validTo).toISOString()
  const strong = keyBits >= (LEAST_BITS[keyType] ?? Infinity)
  const findings: readonly Finding[] = [
    judgeTime({ name, ends }, { now, validFrom, validTo }),
    {
      subject: `${name}, key`,
      observed: `${keyType} of ${keyBits} bits`,
      verdict: strong ? 'pass' : 'fail',
    },
  ]
  return { findings }
}

function judgeTime(
  { name, ends }: { readonly name: string; readonly ends: string },
  time: { readonly now: number; readonly validFrom: number; readonly validTo: number },
): Finding {
  const subject = `${name}, time`
  if (time.now < time.validFrom || time.now >= time.validTo) {
    return { subject, observed: `ends ${ends}`, verdict: 'fail', reason: 'it is not valid now' }
  }
  if (time.validTo - time.now < SOON_MS) {
    const reason = 'It ends within 30 days: say who replaces it.'
    return { subject, observed: `ends ${ends}`, verdict: 'manual', reason }
  }
  return { subject, observed: `ends ${ends}`, verdict: 'pass' }
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'transport', ...row }
}
