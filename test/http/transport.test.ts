import { X509Certificate } from 'node:crypto'
import { BlockList } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { clientBehindProxies } from '../../src/http/client-reader.js'
import { exchange } from './client.js'
import { type Certificate, selfSigned } from './self-signed.js'
import { PROJECT, type TestApp, startApp } from './start-app.js'

const server = selfSigned('localhost')
const mine = selfSigned('a client')
const stranger = selfSigned('a stranger')

describe('TLS', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({
      server: { tls: { ...server, clientCa: mine.cert, clientAuth: 'optional' } },
    })
  })
  afterAll(() => app.close())

  function handshake(options: object): Promise<string> {
    const { port } = new URL(app.url)
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: Number(port),
        ca: server.cert,
        ...options,
      })
      socket.once('secureConnect', () => {
        resolve(`${socket.getProtocol() ?? ''} ${socket.getCipher().name}`)
        socket.destroy()
      })
      socket.once('error', reject)
    })
  }

  test('speaks 1.3 and 1.2 with suites that keep forward secrecy', async () => {
    expect(await handshake({})).toMatch(/^TLSv1\.3 TLS_/)
    const older = await handshake({ maxVersion: 'TLSv1.2' })
    expect(older).toMatch(/^TLSv1\.2 ECDHE-ECDSA-(AES\d+-GCM|CHACHA20)/)
  })

  test.each([
    { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
    { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
  ])('does not speak %j', async (options) => {
    await expect(handshake(options)).rejects.toThrow()
  })

  function listKeys(identity?: Certificate) {
    const path = `/v1.0/${PROJECT}/kms/list-keys`
    const headers = app.sign('POST', path, '{}')
    const tls = { ca: server.cert, ...identity }
    return exchange({ method: 'POST', origin: app.url, path, headers, body: '{}', tls })
  }

  test('asks a user for his certificate once one is bound to him', async () => {
    expect((await listKeys()).status).toBe(200)
    const { identities } = app.database
    const user = await identities.findUser('tester')
    if (!user) throw new Error('The user of the tests is not there.')
    const { fingerprint256 } = new X509Certificate(mine.cert)
    const certificates = [fingerprint256.replaceAll(':', '').toLowerCase()]
    await identities.replaceUser({ ...user, certificates })
    for (const identity of [undefined, stranger]) {
      const { status, json } = await listKeys(identity)
      expect([status, json['error_code']]).toEqual([401, 'APIGW.0301'])
      expect(String(json['error_msg'])).toContain('client certificates')
    }
    expect((await listKeys(mine)).status).toBe(200)
    await identities.replaceUser({ ...user, revision: user.revision + 1 })
  })

  test('uses other certificates for new connections without a pause', async () => {
    const renewed = selfSigned('localhost')
    const other = await startApp({ server: { tls: server } })
    try {
      other.server.exchangeTls(renewed)
      const tls = { ca: renewed.cert }
      const page = { method: 'GET', origin: other.url, path: '/health/live' }
      expect((await exchange({ ...page, tls })).status).toBe(200)
      await expect(exchange({ ...page, tls: { ca: server.cert } })).rejects.toThrow()
    } finally {
      await other.close()
    }
  })

  test('tells browsers to do nothing with an answer, and to stay with TLS', async () => {
    const { headers } = await listKeys()
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
    })
  })
})

describe('proxies', () => {
  const trusted = new BlockList()
  trusted.addSubnet('10.0.0.0', 8, 'ipv4')
  trusted.addAddress('2001:db8::1', 'ipv6')
  const read = clientBehindProxies('http', trusted)

  function client(address: string, headers: Record<string, string>) {
    return read({ socket: { remoteAddress: address }, headers } as never)
  }

  test.each([
    ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['2001:db8::1', '198.51.100.7, 10.9.9.9', '198.51.100.7'],
    // Whoever calls the first proxy can write what he likes at the left.
    ['10.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '198.51.100.7, garbage, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ])('of a connection from %s for "%s" the client is %s', (from, forwarded, address) => {
    expect(client(from, { 'x-forwarded-for': forwarded }).address).toBe(address)
  })

  test('are believed as to host and scheme only where they are trusted', () => {
    const headers = {
      host: 'inside:8080',
      'x-forwarded-host': 'kms.example.test',
      'x-forwarded-proto': 'https',
    }
    const told = { host: 'kms.example.test', scheme: 'https' }
    expect(client('10.0.0.1', headers)).toMatchObject(told)
    expect(client('192.0.2.1', headers)).toMatchObject({ host: 'inside:8080', scheme: 'http' })
    expect(client('10.0.0.1', { host: 'h', 'x-forwarded-proto': 'gopher' }).scheme).toBe('http')
  })

  test('do not break the signature of a client that signed the host outside', async () => {
    const local = new BlockList()
    local.addAddress('127.0.0.1', 'ipv4')
    const app = await startApp({ app: { client: clientBehindProxies('http', local) } })
    try {
      const path = `/v1.0/${PROJECT}/kms/list-keys`
      const outside = 'kms.example.test:8443'
      const headers = app.sign('POST', path, '{}', { origin: `https://${outside}` })
      const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'host'))
      const sent = { method: 'POST', origin: app.url, path, body: '{}' }
      const through = { ...rest, 'x-forwarded-host': outside }
      expect((await exchange({ ...sent, headers: through })).status).toBe(200)
      expect((await exchange({ ...sent, headers: rest })).status).toBe(401)
    } finally {
      await app.close()
    }
  })
})
