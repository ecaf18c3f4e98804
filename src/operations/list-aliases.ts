import { type Static, Type } from '../packages/typebox.js'
import type { Service } from '../core/service.js'
import { AliasDetails, EXAMPLE_ALIAS, aliasDetails } from './alias-fields.js'
import { KeyIdField, NAME_PATTERN, ProjectPath, failing } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { LimitField, parseLimit } from './paging.js'

const ALIASES_ON_PAGE = 50

/** SDKs whose models have the array of the documents, and that fail on the object of the live service. */
const ARRAY_CLIENTS = ['huaweicloud-usdk-go', 'huaweicloud-usdk-java'] as const

const AliasPage = Type.Object({
  aliases: Type.Array(AliasDetails, { description: 'Aliases of the page, by name.' }),
  page_info: Type.Object({
    next_marker: Type.Union([Type.String(), Type.Null()], {
      description: 'Marker of the next page; null on the last one.',
    }),
    current_count: Type.Integer({ description: 'How many aliases the page has.' }),
  }),
})

/** Lists the aliases of the project, or of one CMK. */
export const listAliases = defineOperation({
  name: 'ListAliases',
  group: 'Aliases',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/aliases',
  action: 'kms:alias:list',
  identityAction: 'kms:alias:list',
  target: 'project',
  summary: 'List aliases, of one key or all.',
  request: {
    path: ProjectPath,
    query: Type.Object({
      key_id: Type.Optional(KeyIdField),
      limit: LimitField(ALIASES_ON_PAGE),
      marker: Type.Optional(
        Type.String({
          description: 'Where to start: the next_marker of the page before.',
          // It is the last alias of its page, but clients are not to read anything into it.
          pattern: `^alias/${NAME_PATTERN}$`,
          ...failing({ code: 'KMS.1602', expected: 'the next_marker of the page before' }),
        }),
      ),
    }),
  },
  response: Type.Union([AliasPage, Type.Array(AliasPage, { minItems: 1, maxItems: 1 })], {
    description: 'To the Go and Java SDKs a list that holds the page, to others the page.',
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.1601', 'KMS.1602'],
  example: {
    response: [{ aliases: [EXAMPLE_ALIAS], page_info: { next_marker: null, current_count: 1 } }],
  },
  async handle({ query }, service, call) {
    const limit = parseLimit(query.limit, ALIASES_ON_PAGE)
    const cmk = query.key_id === undefined ? undefined : await loadCmk(service, call, query.key_id)
    const { projectId } = call.caller
    const { aliases, more } = await service.aliases.list({
      projectId,
      keyId: cmk?.id,
      after: query.marker,
      limit,
    })
    const page: Static<typeof AliasPage> = {
      aliases: aliases.map((alias) => aliasDetails(alias, service.region)),
      page_info: {
        next_marker: (more ? aliases.at(-1)?.name : undefined) ?? null,
        current_count: aliases.length,
      },
    }
    return wantsArray(service, call.userAgent) ? [page] : page
  },
})

function wantsArray({ aliasListForm }: Service, userAgent: string): boolean {
  if (aliasListForm !== 'by-client') return aliasListForm === 'array'
  return ARRAY_CLIENTS.some((client) => userAgent.startsWith(client))
}
