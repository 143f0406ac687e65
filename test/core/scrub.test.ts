import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { adviceFor } from "../../src/core/advice/advice.ts";
import { adviceTable } from "../../src/core/advice/table.ts";
import { scrub } from "../../src/core/scrub.ts";

const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const blob = "QUJD".repeat(40);
const accountKey = `${"Ab1+/z".repeat(15).slice(0, 86)}==`;

test.for([
  ["a private key", `before ${pem} after`, "before [private key removed]\n after"],
  ["a private key as JSON", JSON.stringify({ key: pem }), '{"key":"[private key removed]\\n"}'],
  ["a key whose end is cut off", pem.slice(0, 60), "[private key removed]"],
  ["an OpenSSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----", "[private key removed]"],
  ["a bearer token", "authorization: Bearer abcdef.ghi-jkl_123", "authorization: Bearer [removed]"],
  ["a web token", "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln_-x", "got [token removed]"],
  [
    "a SAS signature",
    "https://a.blob.core.windows.net/v/i.vhd?sv=2020&sig=ab%2Fcd%3D&se=1",
    "https://a.blob.core.windows.net/v/i.vhd?sv=2020&sig=[removed]&se=1",
  ],
  ["a URL's password", "get https://me:hunter2@a.example/x", "get https://me:[removed]@a.example/x"],
  ["an account key", `key ${accountKey} end`, "key [removed] end"],
  [
    "a connection string",
    `AccountName=a;AccountKey=${accountKey};EndpointSuffix=x`,
    "AccountName=a;AccountKey=[removed];EndpointSuffix=x",
  ],
  ["custom data", `{"customData": "c2hvcnQ=", "adminUsername": "core"}`, `{"customData": "[removed]", "adminUsername": "core"}`],
  ["a client secret", "grant_type=x&client_secret=hush&scope=y", "grant_type=x&client_secret=[removed]&scope=y"],
  ["a password in a sentence", 'set password: "hunter2 hunter2" for core', 'set password: [removed]" for core'],
  ["a password in YAML", "db_password: hunter2\nuser: core", "db_password: [removed]\nuser: core"],
  [
    "a password in escaped JSON",
    '{\\"adminPassword\\": \\"hunter2\\", \\"a\\": 1}',
    '{\\"adminPassword\\": [removed]", \\"a\\": 1}',
  ],
  ["a refresh token", "refresh_token: 0.AAAAabcdefghij, then", "refresh_token: [removed] then"],
  ["long base64", `data ${blob}== end`, "data [base64 removed] end"],
] as const)("%s is removed", ([, text, clean]) => expect(scrub(text)).toBe(clean));

test.for([
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mycluster/providers/Microsoft.Compute/virtualMachines/mycluster-coreos-0",
  "thumbprint 0123456789ABCDEF0123456789ABCDEF01234567",
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  "Authorization: Bearer loopback",
  "http://127.0.0.1:8080/new?who=a@b and //10.0.0.4:2379",
  "a new password, and where it is kept: 1 file",
  "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
])("%.40s stays", (text) => expect(scrub(text)).toBe(text));

test("no advice of the table is spoiled", () => {
  for (const { code, advice } of adviceTable)
    for (const one of [code].flat()) {
      const said =
        typeof advice === "string" ? advice : (adviceFor({ code: one.replaceAll("*", "X"), message: "" })?.advice ?? "");
      expect(scrub(said)).toBe(said);
    }
});
