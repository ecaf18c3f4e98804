import { X509Certificate } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { firstExpiry, tellCertificateExpiry } from '../../src/certificate-expiry.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { selfSigned } from '../http/self-signed.js'

const HOUR = 3_600_000

test('is that of the certificate of a file that expires first', () => {
  const soon = selfSigned('soon').cert
  const late = selfSigned('late', { lifeMs: 90 * HOUR }).cert
  const expected = Date.parse(new X509Certificate(soon).validTo)
  for (const chain of [soon + late, late + soon, `some text\n${late}\n${soon}`]) {
    expect(firstExpiry(Buffer.from(chain))).toBe(expected)
  }
  expect(Math.abs(expected - Date.now() - HOUR)).toBeLessThan(60_000)
})

test('is not there where no certificate can be read', () => {
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  expect(firstExpiry(Buffer.from(''))).toBeUndefined()
  expect(firstExpiry(Buffer.from(broken))).toBeUndefined()
  const { cert } = selfSigned('good')
  expect(firstExpiry(Buffer.from(broken + cert))).toBe(firstExpiry(Buffer.from(cert)))
})

test('is told to the metrics, and taken back where a file is gone', async () => {
  const metrics = createMetrics()
  const { cert, key } = selfSigned('server', { lifeMs: 2 * HOUR })
  const files = { cert: Buffer.from(cert), key: Buffer.from(key), clientAuth: 'required' } as const
  const authority = Buffer.from(selfSigned('authority').cert)
  tellCertificateExpiry({ ...files, clientCa: authority }, metrics)
  const name = 'kms_tls_certificate_expiry_timestamp_seconds'
  const told = await metrics.text()
  expect(told).toContain(`${name}{certificate="server"} ${(firstExpiry(files.cert) ?? 0) / 1000}`)
  expect(told).toContain(`${name}{certificate="client-ca"} ${(firstExpiry(authority) ?? 0) / 1000}`)
  tellCertificateExpiry({ ...files, clientCa: undefined }, metrics)
  expect(await metrics.text()).not.toContain('client-ca"')
})
