import { randomUUID } from 'node:crypto'
import type { Preparation } from './sample-body.js'
import { DOMAIN, SAMPLE_CLUSTER, type TestApp } from './start-app.js'

/** What has to exist before the examples of grants, tags, aliases and keystores are good; path parameters stand in the body. */
export const DIRECTORY_SAMPLES: Readonly<Record<string, Preparation>> = {
  CancelGrant: onGrant,
  CancelSelfGrant: onGrant,
  CreateKmsTag: onKey,
  BatchCreateKmsTags: onKey,
  async CreateAlias(app) {
    return { key_id: await app.createCmk(), alias: randomUUID() }
  },
  async DeleteAlias(app) {
    const { key_id, alias } = await aliasOf(app)
    return { key_id, aliases: [alias] }
  },
  async AssociateAlias(app) {
    const { alias } = await aliasOf(app)
    return { alias, target_key_id: await app.createCmk() }
  },
  async CreateKeyStore(app) {
    const { keystores } = app.service
    const page = { offset: 0, limit: 1 }
    // A cluster has one keystore.
    for (const { id } of (await keystores.list({ domainId: DOMAIN, page })).keystores) {
      await keystores.remove(id)
    }
    return { keystore_alias: randomUUID(), hsm_cluster_id: SAMPLE_CLUSTER }
  },
}

async function onKey(
  app: TestApp,
  example: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  return { ...example, key_id: await app.createCmk() }
}

async function onGrant(app: TestApp): Promise<Record<string, unknown>> {
  const key_id = await app.createCmk()
  const body = { key_id, grantee_principal: 'somebody', operations: ['describe-key'] }
  const { json } = await app.call('CreateGrant', body)
  return { key_id, grant_id: json['grant_id'] }
}

async function aliasOf(app: TestApp): Promise<{ readonly key_id: string; readonly alias: string }> {
  const key_id = await app.createCmk()
  const alias = `alias/${randomUUID()}`
  await app.call('CreateAlias', { key_id, alias })
  return { key_id, alias }
}
