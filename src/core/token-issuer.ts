/** An issuer of JSON Web Tokens whose word on who is calling counts (OpenID Connect Core 1.0 section 2). */
export interface TokenIssuer {
  /** Exactly the claim `iss`. */
  readonly issuer: string
  /** One of the claim `aud`. */
  readonly audience: string
  /** Where its public keys are. */
  readonly jwksUri: string
  /** Asymmetric algorithms (RFC 7518 section 3.1). */
  readonly algorithms: readonly string[]
  /** Account whose users come with its tokens. */
  readonly domainId: string
  /** Claim that names the user, as the account does. */
  readonly userClaim: string
  /** Claim that names the project. */
  readonly projectClaim: string
  /** Names of projects of the account by values of that claim; where there are none, the value is the name. */
  readonly projects: Readonly<Record<string, string>> | undefined
}
