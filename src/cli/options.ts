import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './command.js'

type OptionForms = NonNullable<ParseArgsConfig['options']>

/** What a command was given: texts of its options by name, and what stands by itself. */
export interface Options {
  readonly values: Readonly<Partial<Record<string, string>>>
  /** Texts of the options that may be given several times, by name. */
  readonly lists: Readonly<Partial<Record<string, readonly string[]>>>
  /** Names of the options without a text that were given. */
  readonly flags: ReadonlySet<string>
  readonly words: readonly string[]
}

/**
 * Reads the arguments of a command.
 *
 * @throws UsageError for an option that it does not know or that has no value, or for another number of words
 */
export function readOptions(
  args: readonly string[],
  form: {
    readonly usage: string
    readonly options?: readonly string[]
    readonly lists?: readonly string[]
    readonly flags?: readonly string[]
    /** How many words stand by themselves; several numbers where the last words may be left out. */
    readonly words: number | readonly number[]
  },
): Options {
  const options: OptionForms = {
    ...optionsOf(form.options, { type: 'string' }),
    ...optionsOf(form.lists, { type: 'string', multiple: true }),
    ...optionsOf(form.flags, { type: 'boolean' }),
  }
  const { values, positionals } = parsed(args, options, form.usage)
  if (![form.words].flat().includes(positionals.length)) throw new UsageError(form.usage)
  const texts = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
  const lists = Object.entries(values).flatMap(([name, value]) =>
    Array.isArray(value) ? [[name, value.map(String)] as const] : [],
  )
  const flags = Object.keys(values).filter((name) => values[name] === true)
  return {
    values: Object.fromEntries(texts),
    lists: Object.fromEntries(lists),
    flags: new Set(flags),
    words: positionals,
  }
}

function optionsOf(names: readonly string[] = [], option: OptionForms[string]): OptionForms {
  return Object.fromEntries(names.map((name) => [name, option]))
}

function parsed(args: readonly string[], options: OptionForms, usage: string) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    throw new UsageError(usage, { cause })
  }
}

/** The value of an option that must be there. */
export function required({ values }: Options, name: string, usage: string): string {
  const value = values[name]
  if (value === undefined) throw new UsageError(`--${name} is missing.\n${usage}`)
  return value
}
