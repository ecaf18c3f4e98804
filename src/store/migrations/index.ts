import type { Migration } from 'kysely'
import { init } from './001-init.js'
import { wholeApi } from './002-whole-api.js'

/** Every migration by name, in the order of the names. One that was released is never changed again. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '001-init': init,
  '002-whole-api': wholeApi,
}
