import { type Static, type TObject, Type } from '../packages/typebox.js'
import { parseWhole } from '../core/datakey.js'
import type { ErrorCode } from '../core/errors.js'
import type { Page } from '../core/key-store.js'
import { WholeNumber } from './fields.js'

/** Largest page of any list. */
export const MAX_LIMIT = 1000

/** Texts of a slice of a list; an empty text is as good as none: clients send the next_marker of the last page back. */
interface Slice {
  readonly limit?: string | number
  /** Offset of the first entry. */
  readonly marker?: string | number
}

/** `limit` of a list whose pages hold `usual` entries unless the client says otherwise. */
export function LimitField(usual: number) {
  return Type.Optional(
    WholeNumber({
      description: `Page size, 1 to ${MAX_LIMIT}; empty or absent: ${usual}.`,
      code: 'KMS.1601',
      expected: `a whole number from 1 to ${MAX_LIMIT}`,
    }),
  )
}

/** `marker` of a list that counts its entries. */
export const MarkerField = Type.Optional(
  WholeNumber({
    description: 'Where to start: the next_marker of the page before; empty or absent: 0.',
    code: 'KMS.1602',
    expected: 'a whole number from 0',
  }),
)

/** `offset` of a list that counts its entries. */
export const OffsetField = Type.Optional(
  WholeNumber({
    description: 'Where to start; empty or absent: 0.',
    code: 'KMS.1603',
    expected: 'a whole number from 0',
  }),
)

/** What every list that counts its entries says of its page. */
export const PagingMembers = {
  next_marker: Type.String({ description: 'Marker of the next page; empty on the last one.' }),
  truncated: Type.String({ description: 'true or false as text: whether more follow.' }),
  total: Type.Integer({ description: 'How many entries match, on all pages.' }),
}

/** Reads `limit`. */
export function parseLimit(limit: string | number | undefined, usual: number): number {
  if (limit === undefined || limit === '') return usual
  return parseWhole(limit, { field: 'limit', min: 1, max: MAX_LIMIT, code: 'KMS.1601' })
}

/** Reads a field that counts entries from the beginning of a list. */
export function parseOffset(
  offset: string | number | undefined,
  { field, code }: { readonly field: string; readonly code: ErrorCode },
): number {
  if (offset === undefined || offset === '') return 0
  return parseWhole(offset, { field, min: 0, max: Number.MAX_SAFE_INTEGER, code })
}

/** Reads the slice that a client wants of a list whose pages hold `usual` entries. */
export function parsePage({ limit, marker }: Slice, usual: number): Page {
  return {
    limit: parseLimit(limit, usual),
    offset: parseOffset(marker, { field: 'marker', code: 'KMS.1602' }),
  }
}

/** Reads the slice that a client wants by `limit` and `offset`. */
export function parseOffsetPage(
  { limit, offset }: { readonly limit?: string | number; readonly offset?: string | number },
  usual: number,
): Page {
  return {
    limit: parseLimit(limit, usual),
    offset: parseOffset(offset, { field: 'offset', code: 'KMS.1603' }),
  }
}

/** Says where a list goes on after a page of `count` entries. */
export function pagingOf(
  page: Page,
  { count, total }: { readonly count: number; readonly total: number },
): Static<TObject<typeof PagingMembers>> {
  const next = page.offset + count
  const truncated = count > 0 && next < total
  return { next_marker: truncated ? String(next) : '', truncated: String(truncated), total }
}
