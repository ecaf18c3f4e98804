import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../core/caller.js'
import type { KmsError } from '../core/errors.js'
import { ALGORITHM } from './authorization.js'
import { type BearerParts, authenticateToken, tokenDigest } from './bearer.js'
import type { SignedRequest } from './claim.js'
import { isJsonWebToken } from './issuer-tokens.js'
import { refusal } from './refusal.js'
import { type SignatureParts, createSignatureAuthenticator } from './signature-authenticator.js'

export type { SignedRequest } from './claim.js'

/** Finds out who is calling. */
export interface Authenticator {
  /**
   * @throws KmsError APIGW.0301 when the request proves nobody, KMS.0321 when it names another project or account than
   * the one of its credentials
   * @throws HsmError when the secret of the access key cannot be opened
   */
  authenticate(request: SignedRequest): Promise<Caller>
}

/** What authenticating takes. */
export interface AuthenticatorParts extends SignatureParts, BearerParts {
  /** Authenticates JSON Web Tokens; nothing where no issuer of them is believed. */
  readonly issuerToken?: ((request: SignedRequest, token: string) => Promise<Caller>) | undefined
}

/** Whether a request carries credentials at all, so that it can be refused before its body is read. */
export function hasCredentials(headers: IncomingHttpHeaders): boolean {
  return headers.authorization !== undefined || headers['x-auth-token'] !== undefined
}

/** Makes the error of a request that {@link hasCredentials} denies. */
export function missingCredentials(): KmsError {
  return refusal(
    'no-credentials',
    `Sign the request with ${ALGORITHM}, or send X-Auth-Token with a token of POST /v3/auth/tokens.`,
  )
}

/** The access key that a signed request names. */
export function claimedAccessKey({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^[^ ]+ *Access=([0-9A-Za-z_-]{1,64})[ ,]/.exec(authorization)?.[1]
}

/** The access key or the digest of the token that a request names, whether or not it proves anything. */
export function principalOf(headers: IncomingHttpHeaders): string | undefined {
  const access = claimedAccessKey(headers)
  const token = headers['x-auth-token']
  if (access !== undefined || typeof token !== 'string') return access
  return Buffer.from(tokenDigest(token)).toString('hex')
}

/** Makes an authenticator of requests that are signed with SDK-HMAC-SHA256, or that carry a bearer token. */
export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const authenticateSignature = createSignatureAuthenticator(parts)
  return {
    authenticate(request) {
      const { authorization, 'x-auth-token': token } = request.headers
      // A request with both says who it is twice: what is signed counts.
      if (authorization !== undefined) return authenticateSignature(request)
      if (token === undefined) return Promise.reject(missingCredentials())
      const { issuerToken } = parts
      return issuerToken && typeof token === 'string' && isJsonWebToken(token)
        ? issuerToken(request, token)
        : authenticateToken(parts, request)
    },
  }
}
