import type { Case, PagedList } from './case.js'
import { DATAKEYS } from './cases/datakeys.js'
import { DIRECTORY, DIRECTORY_LISTS } from './cases/directory.js'
import { IMPORTS_AND_ROTATION } from './cases/imports-and-rotation.js'
import { KEY_LIFE_CYCLE, KEY_LISTS } from './cases/key-life-cycle.js'
import { KEYSTORES_AND_SPACES, SPACE_LISTS } from './cases/keystores-and-spaces.js'
import { TEXTS } from './cases/texts.js'

/** Every case of every group. */
export const CASES: readonly Case[] = [
  ...KEYSTORES_AND_SPACES,
  ...KEY_LIFE_CYCLE,
  ...DATAKEYS,
  ...TEXTS,
  ...IMPORTS_AND_ROTATION,
  ...DIRECTORY,
]

/** Every list that has pages. */
export const LISTS: readonly PagedList[] = [...KEY_LISTS, ...DIRECTORY_LISTS, ...SPACE_LISTS]
