import type { AddressInfo } from 'node:net'
import type { PinWriting } from '../core/login-turns.js'

/** What an HTTP process says to its supervisor. */
export type FromHttpProcess =
  /** Wants connections to an address. */
  | { readonly kind: 'listen'; readonly host: string; readonly port: number }
  /** Serves, with all of its agents. */
  | { readonly kind: 'ready'; readonly hasCredentials: boolean }
  /** Cannot start, and would do harm if it tried again. */
  | { readonly kind: 'unfit' }
  /** Has a connection. */
  | { readonly kind: 'took'; readonly connection: number }
  /** Does not want a connection that it was sent. */
  | { readonly kind: 'gave-back'; readonly connection: number }
  /** Wants no more connections. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'alive' }
  /** Asks its siblings, or the supervisor. */
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly topic: string
      readonly content: unknown
    }
  /** Answers what a sibling asked. */
  | { readonly kind: 'answer'; readonly id: number; readonly content: unknown }

/** What a supervisor says to an HTTP process. */
export type ToHttpProcess =
  | { readonly kind: 'listening'; readonly address: AddressInfo }
  /** The address cannot be had; `code` is that of the system. */
  | { readonly kind: 'not-listening'; readonly code: string }
  /** Comes with the socket of a connection. */
  | { readonly kind: 'connection'; readonly connection: number }
  /** Is to say that it is alive. */
  | { readonly kind: 'alive?' }
  | {
      readonly kind: 'asked'
      readonly id: number
      readonly topic: string
      readonly content: unknown
    }
  | { readonly kind: 'answers'; readonly id: number; readonly contents: readonly unknown[] }
  /** Is to end, within so many milliseconds. */
  | { readonly kind: 'stop'; readonly withinMs: number }

/** Topics that the supervisor answers itself. */
export const SUPERVISOR_TOPICS = {
  metrics: 'metrics',
  lease: 'lease',
  login: 'login',
  loginOver: 'login-over',
} as const

/** What is said of a login that has ended. */
export interface LoginOver {
  readonly writing: PinWriting
  readonly refused: boolean
}

/** Whether a value is a message: both ends are this program, so that its kind vouches for the rest. */
export function isFromHttpProcess(value: unknown): value is FromHttpProcess {
  return hasKind(value)
}

/** The same for the other direction. */
export function isToHttpProcess(value: unknown): value is ToHttpProcess {
  return hasKind(value)
}

function hasKind(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value
}
