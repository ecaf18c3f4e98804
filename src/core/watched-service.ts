import type { CallWatch } from './call-watch.js'
import type { Keystore, Token, Tokens } from './keystore.js'
import type { Service, Stores } from './service.js'

/**
 * Makes views of a service: each is the service itself, whose calls to stores and tokens one watch hears of. A call uses few
 * of its parts, so each is made when it is asked for.
 */
export function watchedService(service: Service): (watch: CallWatch) => Service {
  const viewsOfHsm = hsmViews()
  const stores = {
    keys: storeViews('keys', service.keys),
    aliases: storeViews('aliases', service.aliases),
    tags: storeViews('tags', service.tags),
    grants: storeViews('grants', service.grants),
    keystores: storeViews('keystores', service.keystores),
    importPairs: storeViews('importPairs', service.importPairs),
    accessPoints: storeViews('accessPoints', service.accessPoints),
    keyPolicies: storeViews('keyPolicies', service.keyPolicies),
  } satisfies Record<keyof Stores, unknown>

  class View implements Service {
    readonly bindingKeys = service.bindingKeys
    readonly clock = service.clock
    readonly region = service.region
    readonly cmkQuota = service.cmkQuota
    readonly grantQuota = service.grantQuota
    readonly aliasListForm = service.aliasListForm
    readonly #watch: CallWatch
    readonly #hsmOf: ViewOfHsm
    constructor(watch: CallWatch) {
      this.#watch = watch
      this.#hsmOf = viewsOfHsm(watch)
    }
    get keys() {
      return stores.keys(this.#watch)
    }
    get aliases() {
      return stores.aliases(this.#watch)
    }
    get tags() {
      return stores.tags(this.#watch)
    }
    get grants() {
      return stores.grants(this.#watch)
    }
    get keystores() {
      return stores.keystores(this.#watch)
    }
    get importPairs() {
      return stores.importPairs(this.#watch)
    }
    get accessPoints() {
      return stores.accessPoints(this.#watch)
    }
    get keyPolicies() {
      return stores.keyPolicies(this.#watch)
    }
    get hsm() {
      return this.#hsmOf(service.hsm)
    }
    get tokens() {
      return new TokensView(service.tokens, this.#hsmOf)
    }
    get credentials() {
      return { ...service.credentials, hsm: this.#hsmOf(service.credentials.hsm) }
    }
  }
  return (watch) => new View(watch)
}

function storeViews<Store extends object>(store: string, port: Store): (watch: CallWatch) => Store {
  return viewsOf(port, (watch, name, run) => watch.store(`${store}.${name}`, run))
}

/** Gives an HSM, or a role of it, its view. */
type ViewOfHsm = <Role extends object>(hsm: Role) => Role

/**
 * Views of every HSM that comes along: there are few, and they stay. Within a call an HSM has one view, since operations
 * compare two of them to learn whether one token holds both keys.
 */
function hsmViews(): (watch: CallWatch) => ViewOfHsm {
  const known = new WeakMap<object, (watch: CallWatch) => object>()
  function viewFor(hsm: object, watch: CallWatch): object {
    let views = known.get(hsm)
    if (!views) {
      views = viewsOf(hsm, (follower, _name, run) => follower.hsm(run))
      known.set(hsm, views)
    }
    return views(watch)
  }
  return function ofCall(watch) {
    const seen = new Map<object, object>()
    return function hsmOf<Role extends object>(hsm: Role): Role {
      const view = seen.get(hsm) ?? viewFor(hsm, watch)
      seen.set(hsm, view)
      // It was made of this one.
      return view as Role
    }
  }
}

/** Tokens whose HSMs are views. */
class TokensView implements Tokens {
  readonly #tokens: Tokens
  readonly #hsmOf: ViewOfHsm

  constructor(tokens: Tokens, hsmOf: ViewOfHsm) {
    this.#tokens = tokens
    this.#hsmOf = hsmOf
  }

  get clusters(): Tokens['clusters'] {
    return this.#tokens.clusters
  }

  async of(keystoreId: string): Promise<Token> {
    return this.#watched(await this.#tokens.of(keystoreId))
  }

  async at(keystoreId: string, home: number): Promise<Token> {
    return this.#watched(await this.#tokens.at(keystoreId, home))
  }

  homes(): readonly number[] {
    return this.#tokens.homes()
  }

  async open(keystore: Keystore): Promise<Token> {
    return this.#watched(await this.#tokens.open(keystore))
  }

  release(keystoreId: string): Promise<void> {
    return this.#tokens.release(keystoreId)
  }

  #watched({ home, hsm, bindingKeys }: Token): Token {
    return { home, hsm: this.#hsmOf(hsm), bindingKeys }
  }
}

/** Runs a method of a port on behalf of a watch. */
type Around = (watch: CallWatch, name: string, run: () => unknown) => unknown

/**
 * Makes views of a port: the same members, its methods run by `around`. The class is made once; what a view costs a
 * call is one small object.
 */
function viewsOf<Port extends object>(port: Port, around: Around): (watch: CallWatch) => Port {
  class View {
    readonly watch: CallWatch
    constructor(watch: CallWatch) {
      this.watch = watch
    }
  }
  for (const name of namesOf(port)) {
    const member: unknown = Reflect.get(port, name)
    const value =
      typeof member === 'function'
        ? function call(this: View, ...args: readonly unknown[]): unknown {
            return around(this.watch, name, () => callMember(port, name, args))
          }
        : member
    Object.defineProperty(View.prototype, name, { value })
  }
  // Every member of the port was given to the class; the compiler cannot follow them by name.
  return (watch) => new View(watch) as unknown as Port
}

/** Looked up at each call, as a caller of the port itself would. */
function callMember(port: object, name: string, args: readonly unknown[]): unknown {
  const member: unknown = Reflect.get(port, name)
  if (typeof member !== 'function') throw new TypeError(`The port has no method ${name}.`)
  return Reflect.apply(member, port, args) as unknown
}

/** Names of all members, those that a prototype lends included. */
function namesOf(port: object): ReadonlySet<string> {
  const names = new Set<string>()
  for (
    let level: unknown = port;
    typeof level === 'object' && level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name)
  }
  names.delete('constructor')
  return names
}
