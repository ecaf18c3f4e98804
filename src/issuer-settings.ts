import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from './packages/typebox.js'
import type { TokenIssuer } from './core/token-issuer.js'
import { type Environment, SettingError, setting } from './setting.js'

const VARIABLE = 'KMS_OIDC_CONFIG'

/** Signatures with a key pair: one secret that both sides know would let either of them sign. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const

const Name = Type.String({ minLength: 1, maxLength: 256 })
const IssuerFile = Type.Object(
  {
    issuer: Name,
    audience: Name,
    jwks_uri: Name,
    algorithms: Type.Optional(Type.Array(Type.Union(ALGORITHMS.map((name) => Type.Literal(name))))),
    domain_id: Name,
    user_claim: Type.Optional(Name),
    project_claim: Type.Optional(Name),
    projects: Type.Optional(Type.Record(Type.String(), Name)),
  },
  { additionalProperties: false },
)

/**
 * Reads the file of the token issuer; nothing where none is set.
 *
 * @throws SettingError
 */
export function loadIssuer(environment: Environment): TokenIssuer | undefined {
  const path = setting(environment, VARIABLE, '')
  if (path === '') return undefined
  const file = parse(path)
  requireSafe(file.jwks_uri)
  return {
    issuer: file.issuer,
    audience: file.audience,
    jwksUri: file.jwks_uri,
    algorithms: file.algorithms ?? ALGORITHMS,
    domainId: file.domain_id,
    userClaim: file.user_claim ?? 'sub',
    projectClaim: file.project_claim ?? 'project',
    projects: file.projects,
  }
}

function parse(path: string): Static<typeof IssuerFile> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new SettingError(VARIABLE, `The file ${path} cannot be read, or is no JSON.`, { cause })
  }
  const validate = new Ajv2020().compile<Static<typeof IssuerFile>>(IssuerFile)
  if (validate(value)) return value
  const [error] = validate.errors ?? []
  throw new SettingError(
    VARIABLE,
    `In the file ${path}, ${error?.instancePath ?? ''} ${error?.message ?? 'is not as documented'}.`,
  )
}

/** Whoever can change the keys on their way can be anybody. */
function requireSafe(uri: string): void {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '')
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return
  throw new SettingError(VARIABLE, 'jwks_uri must be an https address.')
}
