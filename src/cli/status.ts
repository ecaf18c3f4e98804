import { type CommandIo, printJson } from './command.js'
import { withBackend } from './with-backend.js'

/** `kmsctl status`: which token and database the settings name, and whether they can be used. */
export async function status(_args: readonly string[], io: CommandIo): Promise<number> {
  await withBackend(io, async ({ hsm, database, home, bindingKeys, credentialKey }, config) => {
    await database.ping()
    printJson(io, {
      token: await hsm.identity(),
      production_profile: config.profile.production,
      database: config.databaseUrl.startsWith('sqlite:') ? config.databaseUrl : 'postgres',
      home,
      binding_key_generation: bindingKeys.current.version,
      credential_key_generation: credentialKey.version,
      key_versions: (await database.keys.allVersions()).length,
      access_keys: (await database.accessKeys.list()).length,
    })
  })
  return 0
}
