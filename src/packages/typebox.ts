export { Type } from 'typebox'
export type { Static, TObject, TSchema } from 'typebox'
