export { createRemoteJWKSet, errors, jwtVerify } from 'jose'
export type { JWTPayload } from 'jose'
