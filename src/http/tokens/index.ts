import { createToken } from './create-token.js'
import type { TokenEndpoint } from './endpoint.js'
import { listProjects } from './list-projects.js'

/** The addresses of the token service. */
export const tokenEndpoints: readonly TokenEndpoint[] = [createToken, listProjects]
