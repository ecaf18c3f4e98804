import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, type TObject, type TSchema, Type } from './packages/typebox.js'
import { agentEnvironment, agentVariables } from './agent-environment.js'
import { type AgentSettings, sessionShortage, usualSessions } from './agent-settings.js'
import { type Profile, UnusableProfile, loadServingProfile } from './hsm/profile.js'
import { type TokenAddress, UnusableUri } from './hsm/uri.js'
import { readTokenUri } from './pin-descriptor.js'
import { type Environment, SettingError } from './setting.js'

/** What a settings file says of a token besides those of `KMS_PKCS11_URI`. */
export const TokenEntry = {
  /** RFC 7512 URI of the token. */
  uri: Type.String(),
  /** Name of a profile, or the absolute path of one. */
  profile: Type.Optional(Type.String()),
  agents: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
  /** What this replica was given of the sessions of the token; absent: all that it admits. */
  sessions: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  /** Variables of its agents that differ from those of the service. */
  environment: Type.Optional(Type.Record(Type.String(), Type.String())),
}

/** A token besides that of `KMS_PKCS11_URI`: where it is and how its agents are run. */
export interface SecondToken extends AgentSettings {
  readonly address: TokenAddress
  readonly profile: Profile
  /** Whole environment of its agents. */
  readonly environment: Readonly<Record<string, string>>
}

const DEFAULT_PROFILE = 'softhsm2'

/** Which setting names a file, and how its errors call what is in it. */
export interface FileSetting {
  readonly variable: string
  /** What the schema describes, for `The file does not fit the schema of …`. */
  readonly schemaOf: string
}

/**
 * Reads a settings file of JSON.
 *
 * @throws SettingError
 */
export function readSettingsFile<Schema extends TSchema>(
  path: string,
  schema: Schema,
  { variable, schemaOf }: FileSetting,
): Static<Schema> {
  const file = parseJson(read(path, variable), variable)
  const ajv = new Ajv2020({ strict: true })
  if (!ajv.validate(schema, file)) {
    throw new SettingError(
      variable,
      `The file does not fit the schema of ${schemaOf}: ${ajv.errorsText(null, { dataVar: 'file' })}.`,
    )
  }
  // The validator above has just judged every member.
  return file as Static<Schema>
}

/**
 * Judges an entry.
 *
 * @param parts - settings of the service; how many HTTP processes open the token, with an agent at least; and what makes
 * the error of a sentence
 * @throws what `unusable` makes
 */
export function tokenOfEntry(
  entry: Static<TObject<typeof TokenEntry>>,
  parts: {
    readonly environment: Environment
    readonly processes: number
    readonly unusable: (sentence: string, options?: ErrorOptions) => SettingError
  },
): SecondToken {
  const { environment, processes, unusable } = parts
  const profile = judged(unusable, () => loadServingProfile(entry.profile ?? DEFAULT_PROFILE))
  const { agents = processes, sessions: given, environment: own = {} } = entry
  requireKnown({ own, profile }, unusable)
  if (agents < processes) {
    throw unusable(`Each of the ${processes} HTTP processes needs an agent of its own.`)
  }
  const token = { profile, processes, given }
  const sessionsPerAgent = usualSessions(token, agents)
  const shortage = sessionShortage(token, { agents, sessionsPerAgent })
  if (shortage !== undefined) throw unusable(shortage)
  return {
    address: judged(unusable, () => readTokenUri(entry.uri)),
    profile,
    agents,
    sessionsPerAgent,
    environment: { ...agentEnvironment(environment, profile), ...own },
  }
}

type Unusable = Parameters<typeof tokenOfEntry>[1]['unusable']

function read(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SettingError(variable, 'It must be the path of a readable JSON file.', { cause })
  }
}

function parseJson(text: string, variable: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SettingError(variable, 'The file is not valid JSON.', { cause })
  }
}

function judged<Value>(unusable: Unusable, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof UnusableProfile || cause instanceof UnusableUri)) throw cause
    throw unusable(cause.message, { cause })
  }
}

function requireKnown(
  { own, profile }: { readonly own: Readonly<Record<string, string>>; readonly profile: Profile },
  unusable: Unusable,
): void {
  const known = agentVariables(profile)
  for (const variable of Object.keys(own)) {
    if (known.includes(variable)) continue
    throw unusable(
      `Its environment may name ${known.join(', ')} only, as its profile ${profile.name} says.`,
    )
  }
}
