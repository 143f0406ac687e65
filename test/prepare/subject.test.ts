import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { DEFAULT_SUBJECT, parseSubject, readCertConf, subjectOf } from "../../src/prepare/subject.ts";
import { selfSigned } from "../../src/prepare/certificate.ts";
import { everyThird } from "../long.ts";
import { has } from "../programs.ts";
import { newFolder, runIn } from "./folder.ts";

const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** A request file around the entries of the name. */
const conf = (names: string, req = "prompt = no"): string => `[ req ]\ndistinguished_name = dn\n${req}\n[ dn ]\n${names}\n`;
const shown = (text: string): string =>
  readCertConf(text)
    .subject.attributes.map(({ name, value }) => `${name}=${value}`)
    .join("|");

test("the file of the original gives its five names in its order", () => {
  const text = [
    "[ req ]",
    "default_bits = 3072",
    "prompt = no",
    "string_mask = utf8only",
    "distinguished_name = req_distinguished_name",
    "",
    "[ req_distinguished_name ]",
    "O=My Company",
    "L=San Francisco",
    "ST=CA",
    "C=US",
    "CN=www.test.com",
    "",
  ].join("\n");
  expect(shown(text)).toBe("O=My Company|L=San Francisco|ST=CA|C=US|CN=www.test.com");
  expect(readCertConf(text)).toMatchObject({ subject: { bits: 3072 }, notes: [] });
});

test.each([
  ["spaces around everything", conf("  CN  =   a b  \t"), "CN=a b"],
  ["a comment after a value", conf("CN = a # the name"), "CN=a"],
  ["a comment line and CRLF", conf("# nothing\r\nCN=a\r"), "CN=a"],
  ["quotes keep spaces and hashes", conf(`CN = "a # b "`), "CN=a # b "],
  ["single quotes", conf(`CN = 'it is "so"'`), `CN=it is "so"`],
  ["escapes", conf(String.raw`CN = a\#b\\c`), String.raw`CN=a#b\c`],
  ["a continued line", conf("CN = a\\\nb"), "CN=ab"],
  ["a variable of the same section", conf("O = Org\nCN = $O and ${O}"), "O=Org|CN=Org and Org"],
  ["a variable of another section", `name = top\n[ x ]\nwho = me\n${conf("CN = ${x::who}.$(x::who) $name")}`, "CN=me.me top"],
  ["long names", conf("countryName = US\ncommonName = a\nstateOrProvinceName = CA"), "C=US|CN=a|ST=CA"],
  ["numbered names", conf("0.organizationName = A\n1.organizationName = B"), "O=A|O=B"],
  ["a name given twice in one section", conf("OU = A\nCN = $OU\nOU = B"), "CN=A|OU=B"],
  ["an empty value is left out", conf("O =\nCN = a"), "CN=a"],
  ["an apostrophe, which opens a quotation", conf("O = O'Reilly # c\nCN = a"), "O=OReilly # c|CN=a"],
  ["a quotation that is not closed", conf('O = "abc \nCN = a"b\'#'), "O=abc|CN=ab'#"],
  ["what closes no variable", conf("CN = a\nO = $CN} ${CN}) $dn::CN::b"), "CN=a|O=a} a) a::b"],
  ["a value for another section", conf("x::OU = b\nCN = a"), "CN=a"],
  ["a byte order mark", `\uFEFF${conf("CN = a")}`, "CN=a"],
  ["text beyond ASCII", conf("O = Bücher & Söhne\nemailAddress = a@b.example"), "O=Bücher & Söhne|emailAddress=a@b.example"],
  ["questions with answers", conf("CN = Your name\nCN_default = a\nCN_max = 64", ""), "CN=a"],
  ["entries in front of every section", "distinguished_name = dn\nprompt = no\n[dn]\nCN = a", "CN=a"],
])("%s", (_, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test.each([
  ["no distinguished_name", "[ req ]\nprompt = no", "cert.conf has no `distinguished_name`"],
  [
    "a section that is missing",
    "[ req ]\ndistinguished_name = dn",
    "cert.conf line 2 names the section [ dn ], which is missing",
  ],
  ["an empty section", conf(""), "has nothing in its section [ dn ]"],
  [
    "questions without answers",
    conf("commonName = Common Name (hostname)\nO = Org", ""),
    "cert.conf line 2 names questions without answers",
  ],
  ["an unknown name", conf("CN = a\nCompany = b"), `line 6 has the name "Company", which is no name of a subject here`],
  [
    "what stands in other parts of a certificate",
    conf("CN = a\nsubjectAltName = DNS:a"),
    `"subjectAltName", which is no name of a subject`,
  ],
  ["a variable that is not closed", conf("O = ${CN\nCN = a"), 'line 5: the variable ${CN is not closed by "}"'],
  ["one that is closed by another sign", conf("CN = a\nO = $(CN}"), 'line 6: the variable $(CN is not closed by ")"'],
  ["one with a blank in it", conf("CN = a\nO = ${CN }"), "line 6: the variable ${CN is not closed"],
  ["a dollar that is no variable", conf("CN = 5$"), "line 5: the variable $ has no value"],
  ["a colon in a name", conf("a:OU = b\nCN = a"), 'line 5: "a:OU = b" is neither'],
  ["a number with letters", conf("INN = 12a"), 'INN="12a", but only digits'],
  ["a name given to no object id", `oid_section = x\n[x]\nCompany = y\n${conf("Company = b")}`, `has the name "Company"`],
  ["a long country", conf("C = USA"), 'line 5 has C="USA", but a country is two letters'],
  ["a name of 65 characters", conf(`CN = ${"x".repeat(65)}`), "at most 64 characters"],
  ["an address beyond ASCII", conf("emailAddress = ü@b"), "only ASCII"],
  ["a line without =", conf("CN = a\nnonsense"), `line 6: "nonsense" is neither`],
  ["a section that is not closed", "[ req \n", `line 1: the section "[ req" is not closed`],
  ["a variable without a value", conf("CN = $nobody"), "line 5: the variable $nobody has no value above this line"],
  ["the environment, where the subject needs it", conf("CN = $ENV::HOME"), "line 5: $ENV::HOME is not read from the environment"],
  ["an include in the names", conf("CN = a\n.include other.conf"), "line 6: `.include` is not read"],
  [
    "an include where the names may be",
    "[ req ]\ndistinguished_name = dn\n.include = other.conf",
    "line 3: `.include` is not read",
  ],
  ["bits that are no number", conf("CN = a", "prompt = no\ndefault_bits = many"), "line 4 has default_bits = many"],
  ["bits beyond measure", conf("CN = a", "prompt = no\ndefault_bits = 65536"), "line 4 asks for a key of 65536 bits"],
])("refused, with the line: %s", (_, text, message) => {
  expect(() => readCertConf(text)).toThrow(expect.objectContaining({ code: "Usage", message: expect.stringContaining(message) }));
});

test("fewer than 2048 bits are raised, and said", () => {
  const { subject, notes } = readCertConf(conf("CN = a", "prompt = no\ndefault_bits = 1024"));
  expect(subject.bits).toBe(2048);
  expect(notes).toEqual(["cert.conf line 4: default_bits = 1024 is raised to 2048, the least that Azure takes."]);
});

test("cert.conf of the folder is used, and the default where there is none", async () => {
  const folder = newFolder();
  expect((await subjectOf(folder)).subject).toBe(DEFAULT_SUBJECT);
  writeFileSync(join(folder, "cert.conf"), conf("CN = here"));
  expect((await subjectOf(folder)).subject.attributes).toEqual([{ name: "CN", value: "here" }]);
  writeFileSync(join(folder, "cert.conf"), Buffer.from(`\uFEFF${conf("CN = wide")}`, "utf16le"));
  expect((await subjectOf(folder)).subject.attributes).toEqual([{ name: "CN", value: "wide" }]);
  writeFileSync(join(folder, "cert.conf"), conf("Oops = here"));
  await expect(subjectOf(folder)).rejects.toThrow(`${join(folder, "cert.conf")} line 5`);
});

test.each([
  ["/C=US/O=My Company/CN=a", "C=US|O=My Company|CN=a"],
  [String.raw`/CN=a\/b`, "CN=a/b"],
  [String.raw`/O=C\+\+/CN=a\\=b`, String.raw`O=C++|CN=a\=b`],
])("a subject as openssl takes it: %s", (text, expected) => {
  expect(
    parseSubject(text)
      .attributes.map(({ name, value }) => `${name}=${value}`)
      .join("|"),
  ).toBe(expected);
});

test.each(["CN=a", "", "/", "/CN", "/CN=", "/XX=a", "/CN=a+", "/CN=a+b", "/O=C++/CN=a", "+CN=a", "/CN=a\\"])(
  "a subject that is refused: %j",
  (text) => {
    expect(() => parseSubject(text)).toThrow(expect.objectContaining({ code: "Usage" }));
  },
);

/** A file, whatever openssl's name for it says: the same subject comes out of ours. */
test.skipIf(!has("openssl")).each(
  everyThird([
    ["the original's", conf("O=My Company\nL=San Francisco\nST=CA\nC=US\nCN=www.test.com")],
    [
      "variables, quotes and comments",
      conf(
        "0.organizationName = A # x\n1.organizationName = \"B # b\"\nCN = 'q' and \\\\ $CN_part${CN_part}",
        "prompt = no",
      ).replace("[ req ]", "CN_part = p\n[ req ]"),
    ],
    ["UTF-8", conf("O = Bücher & Söhne\nemailAddress = a@b.example\nserialNumber = 12-34", "prompt = no\nutf8 = yes")],
    ["UTF-8 in another mask", conf("O = Bücher", "prompt = no\nutf8 = yes\nstring_mask = nombstr")],
    ["questions and answers", conf("C = Country\nC_default = DE\nCN = Name\nCN_default = a", "")],
    ["a question with a set value", conf("C = Country\nC_default = DE\nCN = Name\nCN_default = a\nCN_value = b", "")],
    ["answers in front of their questions", conf("CN_default = a\nO_default = b\nO = Org\nCN = Name", "")],
    ["answers without a question", conf("CN = Name\nCN_default = a\nO_default = left out", "")],
    ["answers outside of the section", `CN_default = a\n${conf("CN = Name\nO = Org\nO_default = b", "")}`],
    ["a dot for nothing", conf("C = US\nST = .\nCN = a")],
    ["a dot as an answer", conf("C = Country\nC_default = US\nST = State\nST_default = .\nCN = N\nCN_default = a", "")],
    ["openssl.cnf of old", `HOME = .\nRANDFILE = $ENV::HOME/.rnd\n${conf("CN = a")}`],
    ["variables that nobody needs", `dir = $ENV::HOME/ca\n[ ca ]\ndatabase = $dir/index.txt\n${conf("CN = a")}`],
    [
      "the names of an extended validation request",
      conf(
        "businessCategory = Private Organization\njurisdictionC = US\njurisdictionST = Delaware\njurisdictionL = Dover\nserialNumber = 1\nstreet = 1 Way\npostalCode = 98052\nC = US\nCN = a",
      ),
    ],
    [
      "more of X.520",
      conf(
        "SN = s\nGN = A rather long given name\ninitials = i\npseudonym = p\ngenerationQualifier = III\ndnQualifier = q\ndescription = d\nname = n\ntelephoneNumber = 1\norganizationIdentifier = VATDE-1\nUID = u\nDC = example\nDC = org\nrole = r\ntitle = t\nunstructuredName = x",
      ),
    ],
    [
      "oid_section",
      `oid_section = new_oids\n[ new_oids ]\ncompanyNumber = 1.3.6.1.4.1.99999.1\n${conf("CN = a\ncompanyNumber = 4711")}`,
    ],
    [
      "oid_section of openssl_conf, with long names",
      `openssl_conf = init\n[ init ]\noid_section = ids\n[ ids ]\nnumber = company number, 1.3.6.1.4.1.99999.2\n${conf("number = 1\nCN = a")}`,
    ],
    ["dotted object ids", conf("CN = a\n0.1.3.6.1.4.1.99999.3 = b\nx.2.5.4.17 = 98052")],
    ["names of Russian certificates", conf("CN = a\nINN = 123456789012\nOGRN = 12\nSNILS = 12345678901\nOGRNIP = 1\nn3 = 643")],
    ["quotations that are not closed", conf(`O = O'Reilly # c\nOU = "it's\nL = b\`x # y\nCN = a`)],
    ["variables and what follows them", conf("CN = a\nO = $CN} ${CN}) $dn::CN::b\nx::OU = c")],
    ["a name of two parts", conf("CN = a\n+OU = b\nO = c")],
    ["no section but one", "distinguished_name = dn\nprompt = no\n[dn]\nCN = a"],
  ] as const),
)("openssl reads the same name out of the same file: %s", async (_, text) => {
  const folder = newFolder();
  writeFileSync(join(folder, "cert.conf"), text);
  writeFileSync(join(folder, "key.pem"), KEY);
  const { subject } = await subjectOf(folder);
  writeFileSync(
    join(folder, "ours.pem"),
    await selfSigned({ key: KEY, subject: subject.attributes, days: 1, now: Date.UTC(2026, 0, 1) }),
  );
  const [ours, theirs] = namesIn(folder, "-config", "cert.conf");
  expect(ours).toBe(theirs);
});

/** The subject of ours.pem, and of what openssl makes with these arguments. One shell: a program is slow to start. */
function namesIn(folder: string, ...req: readonly string[]): string[] {
  const name = (file: string): string => `openssl x509 -in ${file} -noout -subject -nameopt utf8,sep_multiline`;
  const line = `openssl req -x509 -new -batch -key key.pem "$@" -out theirs.pem; ${name("ours.pem")}; echo ---; ${name("theirs.pem")}`;
  const names = runIn(folder)("sh", "-ec", line, "sh", ...req)
    .trimEnd()
    .split("\n---\n");
  expect(names).toEqual([expect.stringContaining("subject="), expect.stringContaining("subject=")]);
  return names;
}

test.skipIf(!has("openssl")).each(["/CN=a+OU=b", "/O=x/CN=a+OU=b+L=c", String.raw`/O=C\+\+ \/ D/CN=a=b`])(
  "openssl makes the same name of the subject %s",
  async (text) => {
    const folder = newFolder();
    writeFileSync(join(folder, "key.pem"), KEY);
    const ours = await selfSigned({ key: KEY, subject: parseSubject(text).attributes, days: 1, now: Date.UTC(2026, 0, 1) });
    writeFileSync(join(folder, "ours.pem"), ours);
    const [our, their] = namesIn(folder, "-multivalue-rdn", "-subj", text);
    expect(our).toBe(their);
  },
);

const STOCK = "/etc/ssl/openssl.cnf";
test.skipIf(!has("openssl") || !existsSync(STOCK))("the file that comes with openssl", async () => {
  const { subject, notes } = readCertConf(readFileSync(STOCK, "utf8"));
  const folder = newFolder();
  const run = runIn(folder);
  writeFileSync(join(folder, "key.pem"), KEY);
  run("openssl", "req", "-x509", "-new", "-batch", "-key", "key.pem", "-config", STOCK, "-out", "theirs.pem");
  const theirs = run("openssl", "x509", "-in", "theirs.pem", "-noout", "-subject", "-nameopt", "sep_comma_plus");
  expect(theirs.trim()).toBe(`subject=${subject.attributes.map(({ name, value }) => `${name}=${value}`).join(",")}`);
  expect(notes).toEqual([expect.stringContaining("asks questions")]);
});

test("a cert.conf of Windows-1252 is refused with its line, and with the command that mends it", async () => {
  const file = join(newFolder(), "cert.conf");
  writeFileSync(file, Buffer.from(conf("O = Org\nCN = m\xFCller"), "latin1"));
  await expect(subjectOf(dirname(file))).rejects.toMatchObject({
    code: "Usage",
    message: `${file}:6: this line is not UTF-8`,
    advice: expect.stringContaining(`iconv -f WINDOWS-1252 -t UTF-8 ${file} > ${file}.utf8`),
  });
});

test.skipIf(!has("openssl"))("openssl makes nothing of questions without answers either", () => {
  const run = runIn(newFolder());
  run("sh", "-c", `printf '%s' "$0" > cert.conf; printf '%s' "$1" > key.pem`, conf("commonName = Common Name", ""), KEY);
  expect(() => run("openssl", "req", "-x509", "-new", "-batch", "-key", "key.pem", "-config", "cert.conf")).toThrow("No objects");
});
