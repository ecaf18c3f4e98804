import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type JWK, SignJWT, UnsecuredJWT, exportJWK, exportSPKI } from 'jose'
import { createAuthenticator } from '../../src/auth/authenticator.js'
import { createIssuerAuthenticator } from '../../src/auth/issuer-tokens.js'
import { newProject } from '../../src/core/new-identity.js'
import type { TokenIssuer } from '../../src/core/token-issuer.js'
import { freshPair } from '../support/fresh-pair.js'
import { type Bench, VECTOR, createBench, mapStore, received } from '../support/sign.js'

type Pair = ReturnType<typeof freshPair>

let bench: Bench
let server: Server
let issuer: TokenIssuer
let pair: Pair
let jwks: { keys: JWK[] }
let status: number
let authenticate: (token: string) => Promise<unknown>

beforeEach(async () => {
  bench = await createBench()
  pair = freshPair('ec', { namedCurve: 'P-256' })
  jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] }
  status = 200
  server = createServer((_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(jwks))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = {
    issuer: 'https://login.example.test/',
    audience: 'kms',
    jwksUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    algorithms: ['RS256', 'ES256'],
    domainId: 'domain-1',
    userClaim: 'sub',
    projectClaim: 'team',
    projects: { payments: 'eu-west-101' },
  }
  use(issuer)
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function use(one: TokenIssuer): void {
  const identities = {
    ...bench.identities,
    findUserByName: (_domain: string, name: string) =>
      name === 'alice' ? bench.identities.findUser('alice') : Promise.resolve(undefined),
    findProjectByName: (domainId: string, name: string) =>
      Promise.resolve(
        name === 'eu-west-101' ? newProject({ id: 'p', domainId, name }, 0) : undefined,
      ),
  }
  function clock(): number {
    return bench.now
  }
  const authenticator = createAuthenticator({
    accessKeys: mapStore(bench.accessKeys),
    identities,
    bearerTokens: { find: () => Promise.resolve(undefined) },
    secrets: bench.sealing,
    clock,
    issuerToken: createIssuerAuthenticator({ issuer: one, identities, clock }),
  })
  authenticate = (token) =>
    authenticator.authenticate(
      received({ method: 'POST', url: '/', headers: { 'x-auth-token': token }, body: '' }),
    )
}

interface Stated {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly issuer?: string
  readonly audience?: string
  readonly expires?: number
  readonly key?: Parameters<SignJWT['sign']>[0]
  readonly header?: { alg: string; kid?: string }
}

function token(stated: Stated = {}): Promise<string> {
  const seconds = Math.floor(VECTOR.now / 1000)
  return new SignJWT({ sub: 'alice', team: 'payments', ...stated.claims })
    .setProtectedHeader(stated.header ?? { alg: 'ES256', kid: 'one' })
    .setIssuer(stated.issuer ?? issuer.issuer)
    .setAudience(stated.audience ?? 'kms')
    .setIssuedAt(seconds)
    .setExpirationTime(stated.expires ?? seconds + 300)
    .sign(stated.key ?? pair.privateKey)
}

test('brings a user of the account into the project that its claim is mapped to', async () => {
  expect(await authenticate(await token())).toEqual({
    projectId: 'p',
    domainId: 'domain-1',
    userId: 'alice',
    authentication: 'oidc',
    accessKeyId: undefined,
  })
})

test.each<[string, Stated]>([
  ['of another issuer', { issuer: 'https://evil.example.test/' }],
  ['for another audience', { audience: 'mail' }],
  ['of a user who does not exist', { claims: { sub: 'mallory' } }],
  ['of a user who is a number', { claims: { sub: 7 } }],
  ['without a project', { claims: { team: undefined } }],
  ['for a project that is mapped to nothing', { claims: { team: 'eu-west-101' } }],
  ['for a project named like what every object has', { claims: { team: 'constructor' } }],
  ['signed by another key', { header: { alg: 'ES256', kid: 'two' } }],
])('is refused %s', async (_how, stated) => {
  await expect(token(stated).then(authenticate)).rejects.toMatchObject({
    code: 'APIGW.0301',
    message: expect.stringContaining('decrypt token fail') as unknown,
  })
})

test('is refused once it has expired, but for a minute between the clocks', async () => {
  const seconds = Math.floor(VECTOR.now / 1000)
  await expect(authenticate(await token({ expires: seconds - 59 }))).resolves.toBeDefined()
  await expect(authenticate(await token({ expires: seconds - 61 }))).rejects.toThrow(
    'token expires',
  )
})

test('is refused unsigned, and signed with what everybody knows', async () => {
  const unsigned = new UnsecuredJWT({ sub: 'alice', team: 'payments' })
    .setIssuer(issuer.issuer)
    .setAudience('kms')
    .setExpirationTime(Math.floor(VECTOR.now / 1000) + 300)
    .encode()
  await expect(authenticate(unsigned)).rejects.toThrow('decrypt token fail')
  // The public key as the secret of an HMAC (RFC 8725 section 2.1).
  const secret = Buffer.from(await exportSPKI(pair.publicKey))
  const confused = await token({ header: { alg: 'HS256', kid: 'one' }, key: secret })
  await expect(authenticate(confused)).rejects.toThrow('decrypt token fail')
})

test('is refused of a disabled user', async () => {
  const user = await bench.identities.findUser('alice')
  if (!user) throw new Error('The user is not there.')
  bench.identities.users.set('alice', { ...user, state: 'disabled' })
  await expect(authenticate(await token())).rejects.toThrow('The user is disabled.')
})

test('answers 503 while the issuer does not answer, and keeps the keys that it has', async () => {
  status = 500
  await expect(authenticate(await token())).rejects.toMatchObject({ code: 'KMS.0104' })
  status = 200
  await expect(authenticate(await token())).resolves.toBeDefined()
  server.closeAllConnections()
  server.close()
  await expect(authenticate(await token())).resolves.toBeDefined()
  use(issuer)
  await expect(authenticate(await token())).rejects.toMatchObject({ code: 'KMS.0104' })
})

test('a token of this service counts beside those of the issuer', async () => {
  await expect(authenticate('A'.repeat(43))).rejects.toThrow('not known')
})
