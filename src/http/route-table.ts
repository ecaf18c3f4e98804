/** What a method and a path lead to. */
export type RouteMatch<Target> =
  | { readonly kind: 'found'; readonly target: Target; readonly params: PathParams }
  | { readonly kind: 'wrong-method'; readonly allowed: readonly string[] }
  | { readonly kind: 'unknown' }

/** Parameters of a path by name, percent-decoded. */
export type PathParams = Readonly<Record<string, string>>

/** Something that can be reached by a method and a path with parameters in braces. */
export interface Route<Target> {
  readonly method: string
  readonly path: string
  readonly target: Target
}

interface Node<Target> {
  readonly statics: Map<string, Node<Target>>
  /** The segment that is a parameter here; its name is a matter of the route that ends below. */
  parameter: Node<Target> | undefined
  readonly routes: Map<string, { readonly target: Target; readonly names: readonly string[] }>
}

/**
 * A map from method and raw request target to a target, one step per segment of the path, so that a look-up costs the
 * same however many routes there are. A static segment wins over a parameter.
 */
export class RouteTable<Target> {
  readonly #root: Node<Target> = newNode()

  /** @throws Error when two routes have the same method and path */
  constructor(routes: Iterable<Route<Target>>) {
    for (const route of routes) this.#add(route)
  }

  /** Finds the route of a request; HEAD is served by the route of GET. */
  find(method: string, url: string): RouteMatch<Target> {
    const segments = segmentsOf(url)
    const values: string[] = []
    const node = descend(this.#root, { segments, values }, 0)
    if (!node) return { kind: 'unknown' }
    const route = node.routes.get(method === 'HEAD' ? 'GET' : method)
    if (!route) return { kind: 'wrong-method', allowed: allowedMethods(node) }
    return { kind: 'found', target: route.target, params: nameValues(route.names, values) }
  }

  #add({ method, path, target }: Route<Target>): void {
    const names: string[] = []
    let node = this.#root
    for (const segment of segmentsOf(path)) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1]
      if (name === undefined) {
        node = childOf(node.statics, segment)
      } else {
        names.push(name)
        node = node.parameter ??= newNode()
      }
    }
    if (node.routes.has(method)) throw new Error(`Two routes are ${method} ${path}.`)
    node.routes.set(method, { target, names })
  }
}

function newNode<Target>(): Node<Target> {
  return { statics: new Map(), parameter: undefined, routes: new Map() }
}

function childOf<Target>(statics: Map<string, Node<Target>>, segment: string): Node<Target> {
  const known = statics.get(segment)
  if (known) return known
  const node: Node<Target> = newNode()
  statics.set(segment, node)
  return node
}

/** Segments of the path of a request target; one slash at the end is as good as none. */
function segmentsOf(url: string): readonly string[] {
  const end = url.indexOf('?')
  const target = end < 0 ? url : url.slice(0, end)
  // RFC 9112 section 3.2.2: a server accepts the absolute form as well.
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/]*/i, '')
  const segments = path.split('/')
  if (segments[0] === '') segments.shift()
  if (segments.at(-1) === '') segments.pop()
  return segments
}

/** Walks down to the node where the path ends; goes back to a parameter where a static segment led nowhere. */
function descend<Target>(
  node: Node<Target>,
  walk: { readonly segments: readonly string[]; readonly values: string[] },
  at: number,
): Node<Target> | undefined {
  const segment = walk.segments[at]
  if (segment === undefined) return node.routes.size > 0 ? node : undefined
  const literal = node.statics.get(segment)
  const found = literal && descend(literal, walk, at + 1)
  if (found || !node.parameter || segment === '') return found
  walk.values.push(segment)
  const below = descend(node.parameter, walk, at + 1)
  if (!below) walk.values.pop()
  return below
}

function allowedMethods<Target>(node: Node<Target>): readonly string[] {
  const methods = [...node.routes.keys()]
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods
}

function nameValues(names: readonly string[], values: readonly string[]): PathParams {
  const params: Record<string, string> = {}
  names.forEach((name, index) => (params[name] = decode(values[index] ?? '')))
  return params
}

/** A segment that is no percent-encoded UTF-8 stands for itself: it names nothing that exists. */
function decode(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
