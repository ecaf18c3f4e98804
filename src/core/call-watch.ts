/** Port: who follows one call of a client through the stores and to the token. */
export interface CallWatch {
  /** Runs a call to a store; `name` is that of store and method, such as `keys.find`. */
  store<Result>(name: string, run: () => Result): Result
  /** Runs a call of the HSM port, which tells its observer in the same turn that it begins. */
  hsm<Result>(run: () => Result): Result
}
