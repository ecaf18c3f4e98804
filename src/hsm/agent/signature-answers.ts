/*
 * Known signatures for the tests that a token must pass before it serves: made with OpenSSL 3.0 over the text
 * "known answer", and for Ed25519 test 3 of RFC 8032 section 7.1. The private keys were thrown away.
 */
import type { HashName, PairAlgorithm, SignatureScheme } from '../../core/hsm-pairs.js'

/** A signature that everyone must find right. */
export interface SignatureAnswer {
  readonly scheme: SignatureScheme
  /** Of the key. */
  readonly algorithm: PairAlgorithm
  /** The modulus of an RSA key of exponent 65537, else the point. */
  readonly publicKey: Buffer
  /** Hash of the message; nothing where the message itself is signed. */
  readonly hash: HashName | undefined
  readonly message: Buffer
  readonly signature: Buffer
}

const MESSAGE = Buffer.from('known answer', 'latin1')

const MODULUS = hex(
  'c496d2cccd3e0b7f36d259f7ad82440a0039af9e9f908d6945eff44f5cf7925c2858635bab0461df78de2470eb08f5ccca27caabc9619eb329599df49d566e5c1893f910cafc7c5354b3e105e33e38e0bc31b8c6f573e4f4c559b164dcb656127efa78a72959395d1ea347740077707e1a0605eddc76f420146021629039f5b1f65b3cbbd51041cbc0de8145d258491437d1b88df736abc958c1c1cea7589244e600bc8e7555fce4b481ebbd207da6c8d5e79233c4bb42897a5a47213b6926a4f8414de796abcdb08c0f75cbd3bd27d025f09744f3434668e43c0b4e7a12ce98621c85ae86f32f9844507a55e0ce0c309b1a763a8507fc07bceef3da16eb9f0d',
)

/** One answer for each scheme, of ECDSA one for each curve. */
export const SIGNATURE_ANSWERS: readonly SignatureAnswer[] = [
  rsa(
    'pss-sha256',
    'sha256',
    '9975b01dc34e3b2b72480a5e1f9698be70722acafdfb26264cafa9123293a05dff6ee49a2bc88ad8fd140cec89fd69205c60e0968f2ed8a4328f45cb0e02d31f23f309b394b4beaef6de4076657a2d42827ef69873b218471760ea9da0117e583a85eb0eb06827e5c3889300252dc38744a5d0ba0ae1ad01a461bef36e5fba0661fbfd1c48864d4a88cda2c3ede3eed819c75fc8fb64eaf981a95369ee40d76fc1cc4350775f63ad686e509f4eff423baf52a76f3a2330c581eb4ec8a5f67a87a38401ad4eccfdb57e3413536e92b34301ce22bb47f69ae0f9364d3193f49de7c7f4255be26fb7c0438b3eb264d767daa8f5e932e0ff2cbdb3ff5fde8e9487d2',
  ),
  rsa(
    'pss-sha384',
    'sha384',
    '831f03f64102103fb4a58db5459a9901cd1a3bcbac858a763313b8fe64064e419302939718ceb4f589c8f036cfc526653d48dab563e09712877139e1b208de5da1d8bb1affd6d2be47ca9b5a15a52710a19fa8b840e6df41653a930421e660c34d6205b5a4dc2c48cb21907d4adb4eba7a6db74c7ac4656d5511840234337b75349edfc631e108eadca58440319e63802f65e7ad49856d43978a2125dc809c5f412ed5e83f43e296e0d821271d1e1a113e6a9c5677608175eb796ea45191bb4a9a9c6862b349be12a6da566740a340eeff8b9749208e9ef80ee477d36186d83fc630d268836a8655b205383dec8293489d28fa64fafb93ff7bb6b5052aee2e61',
  ),
  rsa(
    'pss-sha512',
    'sha512',
    '35ca0fb20d42061614c47a33cf35beaaf593ee5263e76d75d69b7edeb7a8c75668a98be7e929aa3098fafaee57542a78ef3420cece881c0d6c7150758eb1686ab13f292a1a54c9ea031c746d5b9640dba1501ff9ed0233e73435ceca82fe0390d2ef4b237433a2138d3f26cf7fd3e82ea8f1bcc3961596e388c2d4c2e42c23b46287fc6115bfe6577603df84c9b44f38aeb73167fe22a12a6cfe20f1d5a739ddc6cc6dd62c688e8b6c23680ebd028ddc91549080f726d878f762ae0c1a506434cae2e5b0eab578f758060f20cf1bb530f08e5dfc6a7d247d813dbbb2a23025cd6f8c7050b1f2210dfccb267441d2bbdb228f82abe75e8afa277e803a917eb3a5',
  ),
  rsa(
    'pkcs1-sha256',
    'sha256',
    'a2e85c5f0f2aa4387a89b0a4d093a172c7c1fd7cdc7d85f8a465f73405c99364e8be1a79eac83601d25f2dd4b333d89fe40b929ded614545eb39caa1fcd553643813f4c78db261c22efbb0ea3bc24e307e53bc9bb3ab98091e866d0335c7a4def5be9b0763806436d1562f3e5a51223107427962ab5fc6fbc285596f4e1ffec7c4ec13be9dce43dad8e31c495d9bed4e8ced89c4b2224f52aa0a1583a10f261c3697dbfd9e63e21ae333f82b82946dc3d89336aa7072f5b05594ae2ae815d6e1af51666a286dffcfceca845027e8148f0814e407c008ddfb835f0f3aec8686a929272b7078fa9660cd6db3aeb52d566106daeac76d8747b4bc1922a3a3460596',
  ),
  rsa(
    'pkcs1-sha384',
    'sha384',
    'b538ebd48526780fa9fff8d626df31061a08713419f3d64607b5fdac1f9c0313579f9bbabde9cf1fdc7efd116de7214118545114d0eea2c20a5694e6c80ae8cfe7d3d22e3f906266ca8f4df61ae6df4f173679db1c122a162a9470f08c548c7840abd77cba6c511439dd2250031892aef761fca90c2634e3790d20e6d56e46b15d0439ec8bacfec5a34dd3a92c9d35a1f45d8582d516917b964b9be5e42dc63a5c4a08993ec4989f44a1e96fc91ccdd74de3a583ae6ba932dad13f4984ff29ed16fd985517efab64da5e77b4b12b52888b2f34b046d9c13e4527cb77efa4cfa141836a078b63fd52cfd0563041c661858a98f4a4fb47b685fbf797274db7f34f',
  ),
  rsa(
    'pkcs1-sha512',
    'sha512',
    '73616307b3d50f2346634e7cefa3801499b027979e34a7e3f6b9bc2af8da31f8057a155773ada684844ab03e54674ab486a7f5104f6aecaf6817b9eaaffa7c9b35f31905395551de0988c8fbe527a2ebdeb0e99e4b63601b7c5341514ebad42870b21ea99b8d31956946b2bafaa1cff72d17fe039b9ef0443e8939cc73d8b4c47623dd30d3328f4ef6e2b99965d0ea69bc2baf924a9ef440f7676c844195d0fb36d7707420a769531379c7d18510c772c82fff8b87a8955b74724b636eab72304403ede6bc06878bb6691094ad855f4218b7831d4873a3d6467db378f8d895ef4515d0c7b01b055936404d7a1bdd38bc9af1707c32127917e8f34987453b97e7',
  ),
  ecdsa({
    algorithm: 'ec-p256',
    point:
      '04e4b004eb60edb2c88aabf808cf72ad1f436506b828611d8c7125caeb1caf8d9b35e91b12e98759927d1cd60f91db01db2f98f28b243248cd57d86c79b68a270d',
    signature:
      '5fcab7622b2753368787f43cfae4c1974f5f75ecd692d9d9b2c41bbe9571843dca502e92f4bea418f4ec7a7bea337deb0eb81333de450cb963a468028ddd9da4',
  }),
  ecdsa({
    algorithm: 'ec-p384',
    point:
      '0473d2aff781c2374daa4206b9d9c0bc1d0176fe8315aaa49c4c35f5b69c5a163aa96af0ae5caddbebf3ed528df0be832572771b5e7d0e1cb6217d2f2df155ce935a73710d7e52d3b69cace2a83ff32f50130966080e956ea3923b1a94ed449f1e',
    signature:
      'b95d232fd676f31068c39df6babcbd0aa3bf775e614e33dad1b6dd96a5367940c801440a34e92a33a8ea632ed1dbe5ccb8d6a0a71949f22c9dd1e9106ba1ec220425763c63e7910be017e8b2c231402912dc005e7be77ad2a94ac9fa268f0ed3',
  }),
  ecdsa({
    algorithm: 'ec-p521',
    point:
      '0401205148b7d8328a64fbc49ade1c1877787c09c1630a4b04a5c106ac12759f7da4203bbbf9337badcd11649fc0fdfb61e2177c1c38e6441613e4c5fc7d546b9efe2f000c221884970f570ddc902a26e3158a666d58290f87f86cbaa147b85d625f56af0f26b05b5c0da2fc521cd50061ec31eb7cc02af06805f6947d173195ccff7198e0',
    signature:
      '016b4a5c0ceee536cad285665f811833a1d966a07593346a98cf36092f7f43e4c47b9a5ccb4048a4d35a3e9e5453a5936c5fe06250ce8929f441163c3606f6096ca00187c14ef64a8016e735224143eeb4d672232013d5d20513baeaa89eed1a246a2c5021aed3ad9a557080be0e45ce621d0bd8fde462a417a02495fbd39602526cb222',
  }),
  ecdsa({
    algorithm: 'secp256k1',
    point:
      '04a8221d91077da28ed5acf9549d1bb04d0589f92407bf689c6deb24c34c6b664e33096197e8419536ff9c78493899e5746e73bfe6e01400332c1d53b8560af0c2',
    signature:
      'a239107a1e8e00ef74be0eda2f0ebf500db8cf3d29a58d982bc943c696a1d86d49e88138d3f05b1010838ad368658ff7286b427bd09ea3773778e764062487fd',
  }),
  {
    scheme: 'ed25519',
    algorithm: 'ed25519',
    publicKey: hex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025'),
    hash: undefined,
    message: hex('af82'),
    signature: hex(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ),
  },
]

function rsa(scheme: SignatureScheme, hash: HashName, signature: string): SignatureAnswer {
  return {
    scheme,
    algorithm: 'rsa-2048',
    publicKey: MODULUS,
    hash,
    message: MESSAGE,
    signature: hex(signature),
  }
}

function ecdsa(row: {
  readonly algorithm: PairAlgorithm
  readonly point: string
  readonly signature: string
}): SignatureAnswer {
  return {
    scheme: 'ecdsa',
    algorithm: row.algorithm,
    publicKey: hex(row.point),
    hash: 'sha256',
    message: MESSAGE,
    signature: hex(row.signature),
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
