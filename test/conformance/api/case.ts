import type { Preparation } from './preparations.js'

/** One call and what must come of it. Texts such as `$key` stand for what the preparation made. */
export interface Case {
  /** Name of the operation in the wire contract. */
  readonly operation: string
  /** What must be there before the call. */
  readonly given?: Preparation
  /** Fields by their names, wherever the document says that they go: path, query or body. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Code of the refusal; absent where the call must succeed. */
  readonly code?: string
  /** Members of the answer that must be so; the answer must fit its schema in any case. */
  readonly answer?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Tells cases of one operation and code apart. */
  readonly title?: string
}

/** A list that is read page by page to its end. */
export interface PagedList {
  readonly operation: string
  readonly given: Preparation
  readonly fields: Readonly<Record<string, unknown>>
  /** Member that holds the entries, and the member of an entry that names it. */
  readonly items: string
  readonly id: string
  /**
   * How a client goes on: `marker` to a next_marker that ends up empty, `page_info` to that of a page_info, `offset` by
   * counting until a page is empty.
   */
  readonly by: 'marker' | 'page_info' | 'offset'
  /** Member that counts all entries, where there is one. */
  readonly total?: string
  /** How many entries there must be; absent where other cases add some of their own. */
  readonly count?: number
}

/** Why a documented code has no case. */
export type Unprovokable = Readonly<Record<string, string>>
