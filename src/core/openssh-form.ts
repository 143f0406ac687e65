/**
 * The command that makes of an Ed25519 key in PKCS#8 (`openssl genpkey -algorithm ed25519`) one in OpenSSH's own form (PROTOCOL.key): ssh and
 * ssh-keygen read the other since OpenSSH 9.6 only. FILE is the key's; what comes out is for a new file. Typed in the tests.
 */
export const IN_OPENSSH_FORM =
  "{ openssl pkey -in FILE -outform DER | tail -c 32; openssl pkey -in FILE -pubout -outform DER | tail -c 32; } | " +
  `perl -MMIME::Base64 -0777 -ne 'sub w { pack "N/a*", @_ } $b = w("ssh-ed25519") . w(substr $_, 32); $k = "azcoazco" . $b . w($_) . w(""); ` +
  '$k .= chr ++$i while length($k) % 8; print "-----BEGIN OPENSSH PRIVATE KEY-----\\n", encode_base64("openssh-key-v1\\0" . w("none") . ' +
  'w("none") . w("") . pack("N", 1) . w($b) . w($k)), "-----END OPENSSH PRIVATE KEY-----\\n"' +
  "'";
