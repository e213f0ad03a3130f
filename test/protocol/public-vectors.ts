/** Published values, typed in from their documents. test/protocol/make-vectors.ts writes them to protocol/vectors/. */

/** RFC 8032 section 7.1. */
export const rfc8032 = [
  {
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    pk: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    msg: '',
    sig: 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    pk: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    msg: '72',
    sig: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'TEST 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    pk: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    msg: 'af82',
    sig: '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    name: 'TEST 1024',
    seed: 'f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5',
    pk: '278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e',
    msg:
      '08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1' +
      'e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d' +
      '658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a' +
      '7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e' +
      '06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10' +
      '3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1' +
      '85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d' +
      '502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270' +
      '88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089b' +
      'eccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba' +
      'b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b' +
      'e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7' +
      '51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d' +
      'cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df' +
      'f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7' +
      '984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4' +
      '88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac09' +
      '43bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f' +
      'b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161' +
      '0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d' +
      'b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8ca' +
      'c60c905c15fc910840b94c00a0b9d0',
    sig: '0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03',
  },
  {
    name: 'TEST SHA(abc)',
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    pk: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    msg: 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    sig: 'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
];

/** RFC 4231 section 4, HMAC-SHA-512. Case 5 is truncated there to 128 bits. */
export const rfc4231 = [
  {
    name: '1',
    key: '0b'.repeat(20),
    data: '4869205468657265',
    tag: '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  },
  {
    name: '2',
    key: '4a656665',
    data: '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
    tag: '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  },
  {
    name: '3',
    key: 'aa'.repeat(20),
    data: 'dd'.repeat(50),
    tag: 'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
  },
  {
    name: '4',
    key: '0102030405060708090a0b0c0d0e0f10111213141516171819',
    data: 'cd'.repeat(50),
    tag: 'b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd',
  },
  {
    name: '5',
    key: '0c'.repeat(20),
    data: '546573742057697468205472756e636174696f6e',
    tag: '415fad6271580a531d4179bc891d87a6',
  },
  {
    name: '6',
    key: 'aa'.repeat(131),
    data: '54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374',
    tag: '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  },
  {
    name: '7',
    key: 'aa'.repeat(131),
    data: '5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e',
    tag: 'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58',
  },
];

/** RFC 7693 appendix B ("abc") and the empty message of the BLAKE2 reference's known answers. */
export const rfc7693 = [
  { name: 'abc', data: '616263', hash: '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982' },
  { name: 'empty', data: '', hash: '69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9' },
];

/** RFC 8949 appendix A, all rows in order: diagnostic notation, encoding, and whether the strict profile takes it. */
export const rfc8949: [string, string, 'accepted' | 'refused'][] = [
  ['0', '00', 'accepted'],
  ['1', '01', 'accepted'],
  ['10', '0a', 'accepted'],
  ['23', '17', 'accepted'],
  ['24', '1818', 'accepted'],
  ['25', '1819', 'accepted'],
  ['100', '1864', 'accepted'],
  ['1000', '1903e8', 'accepted'],
  ['1000000', '1a000f4240', 'accepted'],
  ['1000000000000', '1b000000e8d4a51000', 'accepted'],
  ['18446744073709551615', '1bffffffffffffffff', 'refused'],
  ['18446744073709551616', 'c249010000000000000000', 'refused'],
  ['-18446744073709551616', '3bffffffffffffffff', 'refused'],
  ['-18446744073709551617', 'c349010000000000000000', 'refused'],
  ['-1', '20', 'refused'],
  ['-10', '29', 'refused'],
  ['-100', '3863', 'refused'],
  ['-1000', '3903e7', 'refused'],
  ['0.0', 'f90000', 'refused'],
  ['-0.0', 'f98000', 'refused'],
  ['1.0', 'f93c00', 'refused'],
  ['1.1', 'fb3ff199999999999a', 'refused'],
  ['1.5', 'f93e00', 'refused'],
  ['65504.0', 'f97bff', 'refused'],
  ['100000.0', 'fa47c35000', 'refused'],
  ['3.4028234663852886e+38', 'fa7f7fffff', 'refused'],
  ['1.0e+300', 'fb7e37e43c8800759c', 'refused'],
  ['5.960464477539063e-8', 'f90001', 'refused'],
  ['0.00006103515625', 'f90400', 'refused'],
  ['-4.0', 'f9c400', 'refused'],
  ['-4.1', 'fbc010666666666666', 'refused'],
  ['Infinity', 'f97c00', 'refused'],
  ['NaN', 'f97e00', 'refused'],
  ['-Infinity', 'f9fc00', 'refused'],
  ['Infinity', 'fa7f800000', 'refused'],
  ['NaN', 'fa7fc00000', 'refused'],
  ['-Infinity', 'faff800000', 'refused'],
  ['Infinity', 'fb7ff0000000000000', 'refused'],
  ['NaN', 'fb7ff8000000000000', 'refused'],
  ['-Infinity', 'fbfff0000000000000', 'refused'],
  ['false', 'f4', 'accepted'],
  ['true', 'f5', 'accepted'],
  ['null', 'f6', 'refused'],
  ['undefined', 'f7', 'refused'],
  ['simple(16)', 'f0', 'refused'],
  ['simple(255)', 'f8ff', 'refused'],
  ['0("2013-03-21T20:04:00Z")', 'c074323031332d30332d32315432303a30343a30305a', 'refused'],
  ['1(1363896240)', 'c11a514b67b0', 'refused'],
  ['1(1363896240.5)', 'c1fb41d452d9ec200000', 'refused'],
  ["23(h'01020304')", 'd74401020304', 'refused'],
  ["24(h'6449455446')", 'd818456449455446', 'refused'],
  ['32("http://www.example.com")', 'd82076687474703a2f2f7777772e6578616d706c652e636f6d', 'refused'],
  ["h''", '40', 'accepted'],
  ["h'01020304'", '4401020304', 'accepted'],
  ['""', '60', 'accepted'],
  ['"a"', '6161', 'accepted'],
  ['"IETF"', '6449455446', 'accepted'],
  ['"\\"\\\\"', '62225c', 'accepted'],
  ['"\\u00fc"', '62c3bc', 'accepted'],
  ['"\\u6c34"', '63e6b0b4', 'accepted'],
  ['"\\ud800\\udd51"', '64f0908591', 'accepted'],
  ['[]', '80', 'accepted'],
  ['[1, 2, 3]', '83010203', 'accepted'],
  ['[1, [2, 3], [4, 5]]', '8301820203820405', 'accepted'],
  // 25 items, where 16 are the limit
  ['[1, 2, …, 25]', '98190102030405060708090a0b0c0d0e0f101112131415161718181819', 'refused'],
  ['{}', 'a0', 'accepted'],
  ['{1: 2, 3: 4}', 'a201020304', 'accepted'],
  ['{"a": 1, "b": [2, 3]}', 'a26161016162820203', 'accepted'],
  ['["a", {"b": "c"}]', '826161a161626163', 'accepted'],
  ['{"a": "A", …, "e": "E"}', 'a56161614161626142616361436164614461656145', 'accepted'],
  ["(_ h'0102', h'030405')", '5f42010243030405ff', 'refused'],
  ['(_ "strea", "ming")', '7f657374726561646d696e67ff', 'refused'],
  ['[_ ]', '9fff', 'refused'],
  ['[_ 1, [2, 3], [_ 4, 5]]', '9f018202039f0405ffff', 'refused'],
  ['[_ 1, [2, 3], [4, 5]]', '9f01820203820405ff', 'refused'],
  ['[1, [2, 3], [_ 4, 5]]', '83018202039f0405ff', 'refused'],
  ['[1, [_ 2, 3], [4, 5]]', '83019f0203ff820405', 'refused'],
  ['[_ 1, 2, …, 25]', '9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff', 'refused'],
  ['{_ "a": 1, "b": [_ 2, 3]}', 'bf61610161629f0203ffff', 'refused'],
  ['["a", {_ "b": "c"}]', '826161bf61626163ff', 'refused'],
  ['{_ "Fun": true, "Amt": -2}', 'bf6346756ef563416d7421ff', 'refused'],
];

/** RFC 9052 appendix C: COSE messages that are well-formed and outside our two envelopes, so all are refused. */
export const rfc9052 = [
  {
    name: 'C.2.1 COSE_Sign1, ES256',
    item: 'd28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36',
  },
  {
    name: 'C.6.1 COSE_Mac0, AES-MAC-128/64',
    item: 'd18443a1010fa054546869732069732074686520636f6e74656e742e48726043745027214f',
  },
];

/** COBS: the examples around block borders, without delimiter. `decodesOnly`: the other legal form of a full last block. */
const run = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, k) => (from + k).toString(16).padStart(2, '0')).join('');
export const cobs: { plain: string; stuffed: string; decodesOnly?: true }[] = [
  { plain: '', stuffed: '01' },
  { plain: '00', stuffed: '0101' },
  { plain: '0000', stuffed: '010101' },
  { plain: '001100', stuffed: '01021101' },
  { plain: '11220033', stuffed: '0311220233' },
  { plain: '11223344', stuffed: '0511223344' },
  { plain: '11000000', stuffed: '0211010101' },
  { plain: run(1, 254), stuffed: `ff${run(1, 254)}` },
  { plain: run(1, 254), stuffed: `ff${run(1, 254)}01`, decodesOnly: true },
  { plain: `00${run(1, 254)}`, stuffed: `01ff${run(1, 254)}` },
  { plain: run(1, 255), stuffed: `ff${run(1, 254)}02ff` },
  { plain: `${run(2, 255)}00`, stuffed: `ff${run(2, 255)}0101` },
  { plain: `${run(3, 255)}0001`, stuffed: `fe${run(3, 255)}0201` },
];

/** Check value of CRC-16/CCITT-FALSE over "123456789". */
export const crc = { data: '313233343536373839', crc: 0x29b1 };
