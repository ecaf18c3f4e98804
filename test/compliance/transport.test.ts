import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type TlsOptions, createServer } from 'node:tls'
import { gatherTransport } from '../../src/assessment/gather-transport.js'
import { judgeTransport } from '../../src/compliance/transport/transport-checks.js'
import { tlsOptions } from '../../src/http/tls.js'
import { selfSigned } from '../http/self-signed.js'

const HOST = '127.0.0.1'

/** Looks at a listener with these options as a client does. */
async function look(options: TlsOptions) {
  const server = createServer(options, (socket) => socket.end())
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  try {
    const { port } = server.address() as AddressInfo
    const seen = await gatherTransport({ host: HOST, port })
    if (!('value' in seen)) throw new Error(JSON.stringify(seen))
    const verdicts = judgeTransport(seen).map(({ id, verdict }) => [id, verdict])
    return { ...seen.value, verdicts: Object.fromEntries(verdicts) as Record<string, string> }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

const OWN = selfSigned('kms', { lifeMs: 90 * 24 * 3_600_000 })

test('the listener of the service passes', async () => {
  const seen = await look(tlsOptions(OWN))
  expect(seen.verdicts).toEqual({
    'TLS-VERSIONS': 'pass',
    'TLS-SUITES': 'pass',
    'TLS-CERTIFICATE': 'pass',
  })
  expect(seen.versions.filter(({ accepted }) => accepted).map(({ version }) => version)).toEqual([
    'TLSv1.2',
    'TLSv1.3',
  ])
  expect(seen.suites.map(({ suite }) => suite)).toContain('ECDHE-ECDSA-AES256-GCM-SHA384')
  expect(seen.suites.map(({ suite }) => suite)).toContain('TLS_AES_256_GCM_SHA384')
  expect(seen.certificate).toMatchObject({ keyType: 'ec', keyBits: 256, subject: 'CN=kms' })
})

test('one that asks for client certificates is looked at as well', async () => {
  const seen = await look(tlsOptions({ ...OWN, clientCa: OWN.cert }))
  expect(seen.verdicts['TLS-VERSIONS']).toBe('pass')
})

test('one that takes TLS 1.1 and suites without authenticated encryption fails', async () => {
  const ciphers = 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0'
  const seen = await look({ ...OWN, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2', ciphers })
  expect(seen.verdicts).toEqual({
    'TLS-VERSIONS': 'fail',
    'TLS-SUITES': 'fail',
    'TLS-CERTIFICATE': 'pass',
  })
})

test('one whose certificate has ended fails', async () => {
  const seen = await look(tlsOptions(selfSigned('kms', { lifeMs: -1000 })))
  expect(seen.verdicts['TLS-CERTIFICATE']).toBe('fail')
})

test('one that speaks no TLS cannot be looked at', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.resume()
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  try {
    const { port } = server.address() as AddressInfo
    const seen = await gatherTransport({ host: HOST, port })
    expect(seen).toHaveProperty('error')
    expect(judgeTransport(seen).map(({ verdict }) => verdict)).toEqual(['fail', 'fail', 'fail'])
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})
