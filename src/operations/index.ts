import { associateAlias } from './associate-alias.js'
import { batchCreateKmsTags } from './batch-create-kms-tags.js'
import { cancelGrant } from './cancel-grant.js'
import { cancelKeyDeletion } from './cancel-key-deletion.js'
import { cancelSelfGrant } from './cancel-self-grant.js'
import { createAccessPoint } from './create-access-point.js'
import { createAlias } from './create-alias.js'
import { createDatakey } from './create-datakey.js'
import { createDatakeyCapsule } from './create-datakey-capsule.js'
import { createDatakeyWithoutPlaintext } from './create-datakey-without-plaintext.js'
import { createEcDatakeyPair } from './create-ec-datakey-pair.js'
import { createGrant } from './create-grant.js'
import { createKey } from './create-key.js'
import { createKeyPolicy } from './create-key-policy.js'
import { createKeyStore } from './create-key-store.js'
import { createKmsTag } from './create-kms-tag.js'
import { createParametersForImport } from './create-parameters-for-import.js'
import { createPin } from './create-pin.js'
import { createRandom } from './create-random.js'
import { createRsaDatakeyPair } from './create-rsa-datakey-pair.js'
import { decryptData } from './decrypt-data.js'
import { decryptDatakey } from './decrypt-datakey.js'
import { decryptDatakeyCapsule } from './decrypt-datakey-capsule.js'
import { deleteAccessPoint } from './delete-access-point.js'
import { deleteAlias } from './delete-alias.js'
import { deleteImportedKeyMaterial } from './delete-imported-key-material.js'
import { deleteKey } from './delete-key.js'
import { deleteKeyPolicy } from './delete-key-policy.js'
import { deleteKeyStore } from './delete-key-store.js'
import { deleteTag } from './delete-tag.js'
import { deriveSharedSecret } from './derive-shared-secret.js'
import { disableAccessPoint } from './disable-access-point.js'
import { disableKey } from './disable-key.js'
import { disableKeyRotation } from './disable-key-rotation.js'
import { disableKeyStore } from './disable-key-store.js'
import { downloadAccessPointPrivateKey } from './download-access-point-private-key.js'
import { enableAccessPoint } from './enable-access-point.js'
import { enableKey } from './enable-key.js'
import { enableKeyRotation } from './enable-key-rotation.js'
import { enableKeyStore } from './enable-key-store.js'
import { encryptData } from './encrypt-data.js'
import { encryptDatakey } from './encrypt-datakey.js'
import { generateMac } from './generate-mac.js'
import { importKeyMaterial } from './import-key-material.js'
import { listAccessPoint } from './list-access-point.js'
import { listAliases } from './list-aliases.js'
import { listGrants } from './list-grants.js'
import { listKeyDetail } from './list-key-detail.js'
import { listKeyPolicy } from './list-key-policy.js'
import { listKeyStores } from './list-key-stores.js'
import { listKeys } from './list-keys.js'
import { listKmsByTags } from './list-kms-by-tags.js'
import { listKmsTags } from './list-kms-tags.js'
import { listRetirableGrants } from './list-retirable-grants.js'
import { listSupportRegions } from './list-support-regions.js'
import type { AnyOperation } from './operation.js'
import { reEncrypt } from './re-encrypt.js'
import { replicateKey } from './replicate-key.js'
import { rotateOnDemand } from './rotate-on-demand.js'
import { showKeyPolicy } from './show-key-policy.js'
import { showKeyRotationStatus } from './show-key-rotation-status.js'
import { showKeyStore } from './show-key-store.js'
import { showKmsTags } from './show-kms-tags.js'
import { showPublicKey } from './show-public-key.js'
import { showUserInstances } from './show-user-instances.js'
import { showUserQuotas } from './show-user-quotas.js'
import { showVersion } from './show-version.js'
import { showVersions } from './show-versions.js'
import { sign } from './sign.js'
import { updateKeyAlias } from './update-key-alias.js'
import { updateKeyDescription } from './update-key-description.js'
import { updateKeyPolicy } from './update-key-policy.js'
import { updateKeyRotationInterval } from './update-key-rotation-interval.js'
import { updatePrimaryRegion } from './update-primary-region.js'
import { validateSignature } from './validate-signature.js'
import { verifyMac } from './verify-mac.js'

/** Every API of the service. Route, validator, document, log and metric labels follow from this list. */
export const operations: readonly AnyOperation[] = [
  createKey,
  enableKey,
  disableKey,
  deleteKey,
  cancelKeyDeletion,
  updateKeyAlias,
  updateKeyDescription,
  enableKeyRotation,
  disableKeyRotation,
  updateKeyRotationInterval,
  showKeyRotationStatus,
  rotateOnDemand,
  createParametersForImport,
  importKeyMaterial,
  deleteImportedKeyMaterial,
  listKeys,
  listKeyDetail,
  showUserInstances,
  showUserQuotas,
  createRandom,
  createDatakey,
  createDatakeyWithoutPlaintext,
  encryptDatakey,
  decryptDatakey,
  createRsaDatakeyPair,
  createEcDatakeyPair,
  createPin,
  encryptData,
  decryptData,
  reEncrypt,
  sign,
  validateSignature,
  showPublicKey,
  deriveSharedSecret,
  generateMac,
  verifyMac,
  createDatakeyCapsule,
  decryptDatakeyCapsule,
  createGrant,
  cancelGrant,
  cancelSelfGrant,
  listGrants,
  listRetirableGrants,
  createKmsTag,
  batchCreateKmsTags,
  deleteTag,
  showKmsTags,
  listKmsTags,
  listKmsByTags,
  createAlias,
  deleteAlias,
  associateAlias,
  listAliases,
  createKeyStore,
  listKeyStores,
  showKeyStore,
  enableKeyStore,
  disableKeyStore,
  deleteKeyStore,
  showVersions,
  showVersion,
  listSupportRegions,
  replicateKey,
  updatePrimaryRegion,
  createAccessPoint,
  listAccessPoint,
  enableAccessPoint,
  disableAccessPoint,
  deleteAccessPoint,
  downloadAccessPointPrivateKey,
  createKeyPolicy,
  listKeyPolicy,
  showKeyPolicy,
  updateKeyPolicy,
  deleteKeyPolicy,
]
