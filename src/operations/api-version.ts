import { type Static, Type } from '../packages/typebox.js'

/** Id of the one version of the API. */
export const API_VERSION = 'v1.0'

/** When the wire contract of that version was released. */
const RELEASED = '2018-09-05T08:18:05Z'

/** One version of the API. */
export const ApiVersion = Type.Object({
  id: Type.String({ description: 'Version id.' }),
  links: Type.Array(
    Type.Object({
      href: Type.String({ description: 'Address of the version, with a trailing slash.' }),
      rel: Type.String({ description: 'self.' }),
    }),
  ),
  min_version: Type.String({ description: 'Lowest microversion; empty, as there are none.' }),
  status: Type.String({ description: 'CURRENT, SUPPORTED or DEPRECATED.' }),
  version: Type.String({ description: 'Highest microversion; empty, as there are none.' }),
  updated: Type.String({ description: 'Time of release, UTC.' }),
})

/** Describes the version of the API at the address by which the client reached the service. */
export function apiVersion(baseUrl: string): Static<typeof ApiVersion> {
  return {
    id: API_VERSION,
    links: [{ href: `${baseUrl}/${API_VERSION}/`, rel: 'self' }],
    min_version: '',
    status: 'CURRENT',
    version: '',
    updated: RELEASED,
  }
}
