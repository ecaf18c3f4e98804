import type { Migration } from '../../packages/kysely.js'
import { init } from './001-init.js'
import { wholeApi } from './002-whole-api.js'
import { trust } from './003-trust.js'
import { materialExpiry } from './004-material-expiry.js'
import { projectState } from './005-project-state.js'
import { homes } from './006-homes.js'

/** Every migration by name, in the order of the names. One that was released is never changed again. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '001-init': init,
  '002-whole-api': wholeApi,
  '003-trust': trust,
  '004-material-expiry': materialExpiry,
  '005-project-state': projectState,
  '006-homes': homes,
}
