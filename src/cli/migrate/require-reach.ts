import { Refused } from '../subcommands.js'
import type { Survey } from './survey.js'

/**
 * Makes sure that every process that serves reaches the token in use.
 *
 * @param otherwise - what else the operator may do, behind "Restart them with both tokens"
 * @throws Refused
 */
export function requireReach({ home, processes }: Survey, otherwise: string): void {
  const behind = processes.filter((process) => !process.homes.includes(home))
  if (behind.length === 0) return
  throw new Refused(
    `${behind.length} processes serve without the token of home ${home}, or did so two minutes ago: what is moved is out of their reach, access keys too. Restart them with both tokens${otherwise}.`,
  )
}
