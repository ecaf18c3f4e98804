import { GRANTS_PER_KEY } from '../../../src/core/grant.js'
import { TAGS_PER_KEY, type Tag } from '../../../src/core/tag.js'
import type { Size } from '../report.js'

/** Entries that every list is asked for. */
export const PAGE = 10
/** Each tag key has so many values, which make 100 tags of as many tag keys as a CMK may have. */
const VALUES = 5
/** One CMK in so many has all the tags that it may have. */
const FULLY_TAGGED = 10
/** CMKs with grants in the large project, each with as many as it may have. */
const GRANTED_KEYS = 10

/** What a project is filled with. */
export interface Outline {
  readonly keys: number
  /** The first so many CMKs have grants. */
  readonly grantedKeys: number
  readonly grantsPerKey: number
}

/** A project of one page, so that every list is answered as much as that of the large project is. */
export const SMALL: Outline = { keys: PAGE, grantedKeys: 1, grantsPerKey: PAGE }

/** A project of many CMKs, 1,000 grants and, from 50 CMKs on, 100 tags. */
export function largeOutline(keys: number): Outline {
  return { keys, grantedKeys: GRANTED_KEYS, grantsPerKey: GRANTS_PER_KEY }
}

/**
 * The tags of a CMK by its place in the order of creation: up to three for most, all of a quota for some. The first page
 * of CMKs has the same tags in a project of any size, and one tag in common.
 */
export function tagsAt(place: number): readonly [Tag, ...Tag[]] {
  const value = `value-${Math.floor(place / PAGE) % VALUES}`
  const others = place % FULLY_TAGGED === 0 ? TAGS_PER_KEY - 1 : place % 3
  return [
    { key: 'label-0', value },
    ...Array.from({ length: others }, (_, index) => ({ key: `label-${index + 1}`, value })),
  ]
}

/** How many grants a CMK has, by its place. */
export function grantsAt({ grantedKeys, grantsPerKey }: Outline, place: number): number {
  return place < grantedKeys ? grantsPerKey : 0
}

/** How many CMKs have the first tag of the first one. */
export function commonlyTagged({ keys }: Outline): number {
  const [{ value: common }] = tagsAt(0)
  return placesOf(keys).filter((place) => tagsAt(place)[0].value === common).length
}

/** Counts what a project holds; tags are counted once, however many CMKs have them. */
export function sizeOf({ keys, grantedKeys, grantsPerKey }: Outline): Size {
  const tags = placesOf(keys).flatMap((place) =>
    tagsAt(place).map(({ key, value }) => `${key}=${value}`),
  )
  return { keys, tags: new Set(tags).size, grants: grantedKeys * grantsPerKey }
}

function placesOf(keys: number): readonly number[] {
  return Array.from({ length: keys }, (_, place) => place)
}
