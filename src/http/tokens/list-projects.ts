import { hasCredentials, missingCredentials } from '../../auth/authenticator.js'
import { authenticateExchange } from '../authenticate.js'
import { withBody } from '../with-body.js'
import type { TokenEndpoint } from './endpoint.js'

/**
 * `GET /v3/projects?name=`: the project of the credentials, where it has that name. The SDKs ask for it when they were
 * told a region and no project, and want exactly one.
 */
export const listProjects: TokenEndpoint = {
  name: 'ListProjects',
  method: 'GET',
  path: '/v3/projects',
  status: 200,
  async serve({ authenticator, limits, tokens, admission }, exchange) {
    const { request } = exchange
    if (!hasCredentials(request.headers)) throw missingCredentials()
    const caller = await withBody(exchange, admission, (bytes) =>
      authenticateExchange(authenticator, exchange, bytes),
    )
    exchange.caller = caller
    await limits.admitCaller(caller.accessKeyId ?? caller.userId)
    const project = await tokens.identities.findProject(caller.projectId)
    const name = new URL(request.url ?? '', 'http://localhost').searchParams.get('name')
    const hits = project && (name === null || name === project.name) ? [project] : []
    return {
      body: {
        projects: hits.map((one) => ({
          id: one.id,
          name: one.name,
          domain_id: one.domainId,
          parent_id: one.domainId,
          is_domain: false,
          enabled: true,
          description: '',
          links: { self: '' },
        })),
        links: { self: '', previous: null, next: null },
      },
    }
  },
}
