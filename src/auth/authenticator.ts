import { type KeyObject, createSecretKey } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { AccessKey, AccessKeyStore } from '../core/access-key.js'
import type { Caller } from '../core/caller.js'
import type { Clock } from '../core/clock.js'
import type { CredentialSealing } from '../core/sealed-record.js'
import { KmsError } from '../core/errors.js'
import { ALGORITHM } from './authorization.js'
import { type Claim, type SignedRequest, readClaim } from './claim.js'
import { refusal } from './refusal.js'
import { createSecretCache } from './secret-cache.js'
import { verify } from './signature.js'

export type { SignedRequest } from './claim.js'

/** Secrets of this many access keys stay open in memory. */
const OPEN_SECRETS = 1000

/** Finds out who is calling. */
export interface Authenticator {
  /**
   * @throws KmsError APIGW.0301 when the request is not signed as it must be, KMS.0321 when it names another project
   * or account than the one of its access key
   * @throws HsmError when the secret of the access key cannot be opened
   */
  authenticate(request: SignedRequest): Promise<Caller>
}

/** Whether a request carries a signature at all, so that it can be refused before its body is read. */
export function hasCredentials(headers: IncomingHttpHeaders): boolean {
  return headers.authorization !== undefined
}

/** Makes the error of a request that {@link hasCredentials} denies. */
export function missingCredentials(headers: IncomingHttpHeaders): KmsError {
  return headers['x-auth-token'] === undefined
    ? refusal('no-credentials', `Sign the request with ${ALGORITHM}.`)
    : refusal('unreadable-token', `Tokens are not accepted: sign with ${ALGORITHM} instead.`)
}

/** Makes an authenticator of requests that are signed with SDK-HMAC-SHA256. */
export function createAuthenticator(parts: {
  readonly accessKeys: AccessKeyStore
  readonly secrets: CredentialSealing
  readonly clock: Clock
}): Authenticator {
  const secretOf = createSecretCache(parts.secrets, OPEN_SECRETS)
  // Stands in for the secret of an access key that is not there. Nothing that it verifies is accepted.
  const nobody = createSecretKey(Buffer.alloc(40))
  return {
    async authenticate(request) {
      if (!hasCredentials(request.headers)) throw missingCredentials(request.headers)
      const claim = readClaim(request, parts.clock())
      const accessKey = await parts.accessKeys.find(claim.accessKeyId)
      const active = accessKey?.state === 'active' ? accessKey : undefined
      // No key, a disabled key and a wrong signature cost the same: one signature is computed in any case.
      const authentic = isAuthentic(claim, active ? await secretOf(active) : nobody)
      if (!active) throw refusal('no-secret')
      if (!authentic) throw refusal('wrong-signature')
      requireOwnProject(request.headers, active)
      return callerOf(active)
    },
  }
}

function isAuthentic({ date, signature, candidates }: Claim, secret: KeyObject): boolean {
  for (const parts of candidates) {
    if (verify(secret, { date, parts, signature })) return true
  }
  return false
}

/** Refuses a request that says it acts elsewhere than its access key may. The path is judged by who reads it. */
function requireOwnProject(headers: IncomingHttpHeaders, accessKey: AccessKey): void {
  const project = headers['x-project-id']
  if (project !== undefined && project !== accessKey.projectId) {
    throw new KmsError('KMS.0321', 'X-Project-Id is not the project of the access key.')
  }
  const domain = headers['x-domain-id']
  if (domain !== undefined && domain !== accessKey.domainId) {
    throw new KmsError('KMS.0321', 'X-Domain-Id is not the account of the access key.')
  }
}

function callerOf({ id, projectId, domainId, userName }: AccessKey): Caller {
  return { projectId, domainId, userName, accessKeyId: id }
}
