import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, exportJWK } from 'jose'
import { freshPair } from './fresh-pair.js'

const ISSUER = 'https://login.example.test/'
const AUDIENCE = 'kms'

/** An OpenID Connect issuer on the loopback that gives out its keys. */
export interface TestIssuer {
  /** What the file of `KMS_OIDC_CONFIG` says of it, for an account. */
  settings(this: void, domainId: string): Readonly<Record<string, string>>
  /** A token of five minutes for a user and a project, by their names. */
  token(this: void, user: string, project: string): Promise<string>
  close(this: void): void
}

/** Starts one. */
export async function startTestIssuer(): Promise<TestIssuer> {
  const pair = freshPair('ec', { namedCurve: 'P-256' })
  const key = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }
  const body = JSON.stringify({ keys: [key] })
  const server = createServer((_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    settings: (domainId) => ({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks_uri: `http://127.0.0.1:${port}/jwks.json`,
      domain_id: domainId,
    }),
    token: (user, project) =>
      new SignJWT({ project })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setSubject(user)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(pair.privateKey),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
