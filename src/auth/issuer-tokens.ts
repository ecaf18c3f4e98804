import { type JWTPayload, createRemoteJWKSet, errors, jwtVerify } from '../packages/jose.js'
import type { Caller } from '../core/caller.js'
import type { Clock } from '../core/clock.js'
import { KmsError } from '../core/errors.js'
import type { IdentityStore } from '../core/identity.js'
import type { TokenIssuer } from '../core/token-issuer.js'
import { objectionTo } from './active-user.js'
import type { SignedRequest } from './claim.js'
import { refusal } from './refusal.js'

/** What believing an issuer takes. */
export interface IssuerParts {
  readonly issuer: TokenIssuer
  readonly identities: Pick<
    IdentityStore,
    'findAccount' | 'findUser' | 'findUserByName' | 'findProject' | 'findProjectByName'
  >
  readonly clock: Clock
}

/** Clocks of issuer and service may differ by so many seconds. */
const TOLERANCE_SECONDS = 60
const FETCH_MS = 5000

/** Whether a text has the form of a JSON Web Token (RFC 7515 section 3.1): three parts in base64url. */
export function isJsonWebToken(text: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(text)
}

/**
 * Makes the function that authenticates requests with a token of the issuer in `X-Auth-Token`. Its keys are fetched when
 * one is needed that is not known, and at most every half minute.
 *
 * @throws (each call) KmsError APIGW.0301 for a token that is not believed, KMS.0104 while the keys cannot be had
 */
export function createIssuerAuthenticator({
  issuer,
  identities,
  clock,
}: IssuerParts): (request: SignedRequest, token: string) => Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(issuer.jwksUri), { timeoutDuration: FETCH_MS })

  async function verified(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: [...issuer.algorithms],
        requiredClaims: ['exp', issuer.userClaim, issuer.projectClaim],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(clock()),
      })
      return payload
    } catch (error) {
      throw refusalOf(error)
    }
  }

  return async function authenticateIssuerToken({ client }, token) {
    const payload = await verified(token)
    const { domainId, userClaim, projectClaim, projects } = issuer
    const user = await findNamed(payload[userClaim], (name) =>
      identities.findUserByName(domainId, name),
    )
    const project = await findNamed(mapped(projects, payload[projectClaim]), (name) =>
      identities.findProjectByName(domainId, name),
    )
    if (!user || !project) {
      throw refusal('unreadable-token', 'The account has no user or no project that it names.')
    }
    const who = { userId: user.id, domainId, projectId: project.id }
    const objection = await objectionTo(identities, who, client)
    if (objection) throw refusal('unreadable-token', objection[1])
    return { ...who, authentication: 'oidc', accessKeyId: undefined }
  }
}

async function findNamed<Found>(
  name: unknown,
  find: (name: string) => Promise<Found | undefined>,
): Promise<Found | undefined> {
  return typeof name === 'string' ? await find(name) : undefined
}

function mapped(projects: TokenIssuer['projects'], value: unknown): unknown {
  if (projects === undefined) return value
  return typeof value === 'string' && Object.hasOwn(projects, value) ? projects[value] : undefined
}

/** A token that is at fault, and an issuer that does not answer, are different things to a caller. */
function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refusal('token-expired', 'Get another one.')
  const isOfToken =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC'
  if (isOfToken) return refusal('unreadable-token', 'The issuer did not make this token for here.')
  return new KmsError('KMS.0104', 'The keys of the token issuer cannot be had.', { cause: error })
}
