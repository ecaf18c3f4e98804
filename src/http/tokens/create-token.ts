import type { Static } from '../../packages/typebox.js'
import { Type } from '../../packages/typebox.js'
import { PasswordsBusy } from '../../auth/passwords.js'
import {
  type IssuedToken,
  type TokenParts,
  type TokenRequest,
  issueToken,
} from '../../auth/token-service.js'
import type { Account } from '../../core/identity.js'
import { KmsError } from '../../core/errors.js'
import type { Exchange } from '../exchange.js'
import { staged } from '../followed.js'
import { parseBody } from '../parse-body.js'
import { createBodyCompiler } from '../validate.js'
import { withBody } from '../with-body.js'
import { type TokenEndpoint, TokenRefusal } from './endpoint.js'
import { Guess } from './guesses.js'

const Text = Type.String({ minLength: 1, maxLength: 1024 })
const Reference = Type.Union([Type.Object({ id: Text }), Type.Object({ name: Text })])
const Body = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Text, { minItems: 1, maxItems: 8 }),
      password: Type.Optional(
        Type.Object({
          user: Type.Union([
            Type.Object({ id: Text, password: Text }),
            Type.Object({ name: Text, password: Text, domain: Reference }),
          ]),
        }),
      ),
    }),
    scope: Type.Optional(Type.Object({ project: Type.Optional(Reference) })),
  }),
})
type Body = Static<typeof Body>

const validate = createBodyCompiler()(Body)

/**
 * `POST /v3/auth/tokens`: a bearer token for a password, valid for 24 hours in one project. The token stands in the
 * header `X-Subject-Token`, and is told nowhere else.
 */
export const createToken: TokenEndpoint = {
  name: 'CreateToken',
  method: 'POST',
  path: '/v3/auth/tokens',
  status: 201,
  serve({ tokens, lockOut, limits, admission }, exchange) {
    const { client } = exchange
    return withBody(exchange, admission, async (bytes) => {
      const asked = requestOf(parse(exchange.request.headers, bytes))
      const guess = new Guess(lockOut, client.address, asked.user)
      if (guess.isLocked()) throw lockedOut()
      await limits.admitPassword(client.address)
      const issued = await staged(exchange, 'authenticate', () =>
        issue(
          inCall(tokens, exchange),
          {
            ...asked,
            meant: (userId) => guess.meant(userId),
            isUnwelcome: () => guess.isUnwelcome(),
          },
          client,
        ),
      )
      if (!issued) {
        if (guess.isLocked()) throw lockedOut()
        guess.failed()
        throw new TokenRefusal(
          401,
          'The user name, the password or the project is wrong, or the user is disabled.',
        )
      }
      guess.succeeded()
      const { user, project } = issued
      exchange.caller = {
        userId: user.id,
        domainId: user.domainId,
        projectId: project.id,
        authentication: 'password',
        accessKeyId: undefined,
      }
      return { headers: { 'X-Subject-Token': issued.token }, body: describe(issued) }
    })
  },
}

/** What the HSM is asked for the token has the deadline of the request. */
function inCall(tokens: TokenParts, { followed }: Exchange): TokenParts {
  if (!followed) return tokens
  const { random } = tokens
  return { ...tokens, random: { random: (length) => followed.hsm(() => random.random(length)) } }
}

function lockedOut(): TokenRefusal {
  return new TokenRefusal(401, 'Too many attempts from this address were refused: wait.')
}

async function issue(...[parts, asked, client]: Parameters<typeof issueToken>) {
  try {
    return await issueToken(parts, asked, client)
  } catch (error) {
    if (!(error instanceof PasswordsBusy)) throw error
    throw new TokenRefusal(429, 'Too many passwords wait to be checked. Try again in a moment.')
  }
}

function parse(headers: Parameters<typeof parseBody>[0], bytes: Uint8Array): Body {
  try {
    const body = parseBody(headers, bytes)
    validate(body)
    // The validator has just accepted it.
    return body as unknown as Body
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    throw new TokenRefusal(
      400,
      'The body must be JSON with auth.identity: methods ["password"] and password.user with a name, a domain and a ' +
        'password; and with auth.scope.project.',
    )
  }
}

function requestOf({
  auth: { identity, scope },
}: Body): Pick<TokenRequest, 'user' | 'password' | 'project'> {
  const { methods, password } = identity
  if (methods.length !== 1 || methods[0] !== 'password' || password === undefined) {
    throw new TokenRefusal(
      400,
      'The only method is "password", and auth.identity.password holds it.',
    )
  }
  if (scope?.project === undefined) {
    throw new TokenRefusal(400, 'auth.scope.project must name a project, by its name or its id.')
  }
  const { password: text, ...user } = password.user
  return { user, password: text, project: scope.project }
}

function describe({ user, account, project, issuedAt, expiresAt }: IssuedToken): unknown {
  const domain = nameAndId(account)
  return {
    token: {
      methods: ['password'],
      issued_at: new Date(issuedAt).toISOString(),
      expires_at: new Date(expiresAt).toISOString(),
      user: { id: user.id, name: user.name, domain },
      project: { id: project.id, name: project.name, domain },
      roles: [],
      catalog: [],
    },
  }
}

function nameAndId({ id, name }: Account): Readonly<Record<string, string>> {
  return { id, name }
}
