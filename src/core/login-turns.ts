/** A login with a PIN as it stands in a file: the text itself is nobody's business. */
export interface PinWriting {
  /** Names the token and the file, the same way in every process. */
  readonly login: string
  /** Names whoever wants to log in. */
  readonly who: string
  /** Tells one writing of the file from another. */
  readonly stamp: string
}

/**
 * - `yes`: log in, and say how it ended
 * - `later`: somebody else is about to; ask again in a moment
 * - `refused`: the token has refused this writing of the PIN
 */
export type LoginTurn = 'yes' | 'later' | 'refused'

/**
 * Port: who lets the processes of a machine log in one after the other, so that a PIN that is wrong is tried by one of
 * them alone: tokens count wrong ones, whoever sends them, and lock themselves.
 */
export interface LoginTurns {
  /** Asks whether to log in now. */
  ask(this: void, writing: PinWriting): Promise<LoginTurn>
  /** The login that was allowed has ended; `refused`: the token did not take the PIN. */
  over(this: void, writing: PinWriting, refused: boolean): void
}
