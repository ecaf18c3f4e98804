export { p256, p384, p521 } from '@noble/curves/nist'
export { secp256k1 } from '@noble/curves/secp256k1'
