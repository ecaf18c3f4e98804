/**
 * Numbers of a check that a picture or a table shows better than a sentence. All texts are printable and of one line.
 *
 * `series`: one number for each label, in their order; `limit` is the value from which it would be a failure.
 * `table`: rows as long as `columns`.
 */
export type Figure =
  | {
      readonly kind: 'series'
      readonly title: string
      /** What the numbers count, e.g. `bytes` or `days`. */
      readonly unit: string
      readonly points: readonly { readonly label: string; readonly value: number }[]
      readonly limit?: { readonly label: string; readonly value: number } | undefined
    }
  | {
      readonly kind: 'table'
      readonly title: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly (string | number)[])[]
    }
