/**
 * THE NAMES OF A CERTIFICATE'S SUBJECT: those of X.520 and its neighbours that openssl knows, by short and long name, with the string
 * type and the bounds that openssl holds them to (crypto/asn1/tbl_standard.h). A dotted object id is a name too. Knows no file.
 */
import type { StringType } from "./der.ts";

export interface AttributeKind {
  /** openssl's short name, or the dotted id. */
  readonly name: string;
  readonly oid: string;
  readonly type: StringType;
  /** In characters. */
  readonly least: number;
  readonly most: number;
}

/** By short or long name or dotted id; `more` are names that a file has defined. Undefined for a name that nobody has. */
export function attributeKind(name: string, more: ReadonlyMap<string, string> = new Map()): AttributeKind | undefined {
  const oid = more.get(name) ?? (isObjectId(name) ? name : undefined);
  const row = ROWS.find((one) => (oid === undefined ? one.short === name || one.long === name : one.oid === oid));
  if (row !== undefined) return { name: row.short, oid: row.oid, type: row.type, least: row.least, most: row.most };
  return oid === undefined ? undefined : { name, oid, type: "utf8", least: 1, most: UNBOUNDED };
}

/** Two arcs or more; the first is 0, 1 or 2, and under 0 and 1 the second is below 40 (X.660). */
export const isObjectId = (text: string): boolean => /^([01]\.[1-3]?\d|2\.\d+)(\.\d+)+$/.test(text);

export const KNOWN_NAMES = (): string[] => ROWS.slice(0, 15).map(({ short }) => short);

// --- internal ---

const UNBOUNDED = 32_768;

/** Short name, long name where it differs, object id, and what openssl demands: a type, and bounds. */
const TABLE = `
C countryName 2.5.4.6 printable 2-2
ST stateOrProvinceName 2.5.4.8 utf8 1-128
L localityName 2.5.4.7 utf8 1-128
street streetAddress 2.5.4.9
O organizationName 2.5.4.10 utf8 1-64
OU organizationalUnitName 2.5.4.11 utf8 1-64
CN commonName 2.5.4.3 utf8 1-64
emailAddress 1.2.840.113549.1.9.1 ia5 1-128
serialNumber 2.5.4.5 printable 1-64
DC domainComponent 0.9.2342.19200300.100.1.25 ia5
UID userId 0.9.2342.19200300.100.1.1
SN surname 2.5.4.4
GN givenName 2.5.4.42
title 2.5.4.12
postalCode 2.5.4.17
businessCategory 2.5.4.15
jurisdictionC jurisdictionCountryName 1.3.6.1.4.1.311.60.2.1.3 printable 2-2
jurisdictionST jurisdictionStateOrProvinceName 1.3.6.1.4.1.311.60.2.1.2
jurisdictionL jurisdictionLocalityName 1.3.6.1.4.1.311.60.2.1.1
organizationIdentifier 2.5.4.97
description 2.5.4.13
searchGuide 2.5.4.14
postalAddress 2.5.4.16
postOfficeBox 2.5.4.18
physicalDeliveryOfficeName 2.5.4.19
telephoneNumber 2.5.4.20
telexNumber 2.5.4.21
teletexTerminalIdentifier 2.5.4.22
facsimileTelephoneNumber 2.5.4.23
x121Address 2.5.4.24
internationaliSDNNumber 2.5.4.25
registeredAddress 2.5.4.26
destinationIndicator 2.5.4.27
preferredDeliveryMethod 2.5.4.28
presentationAddress 2.5.4.29
supportedApplicationContext 2.5.4.30
member 2.5.4.31
owner 2.5.4.32
roleOccupant 2.5.4.33
seeAlso 2.5.4.34
name 2.5.4.41
initials 2.5.4.43
generationQualifier 2.5.4.44
x500UniqueIdentifier 2.5.4.45
dnQualifier 2.5.4.46 printable
distinguishedName 2.5.4.49
uniqueMember 2.5.4.50
houseIdentifier 2.5.4.51
dmdName 2.5.4.54
pseudonym 2.5.4.65
role 2.5.4.72
c3 countryCode3c 2.5.4.98 printable 3-3
n3 countryCode3n 2.5.4.99 numeric 3-3
dnsName 2.5.4.100
unstructuredName 1.2.840.113549.1.9.2
unstructuredAddress 1.2.840.113549.1.9.8
mail rfc822Mailbox 0.9.2342.19200300.100.1.3 ia5
info 0.9.2342.19200300.100.1.4
roomNumber 0.9.2342.19200300.100.1.6
userClass 0.9.2342.19200300.100.1.8
host 0.9.2342.19200300.100.1.9
manager 0.9.2342.19200300.100.1.10
homeTelephoneNumber 0.9.2342.19200300.100.1.20
secretary 0.9.2342.19200300.100.1.21
associatedDomain 0.9.2342.19200300.100.1.37
associatedName 0.9.2342.19200300.100.1.38
homePostalAddress 0.9.2342.19200300.100.1.39
personalTitle 0.9.2342.19200300.100.1.40
mobileTelephoneNumber 0.9.2342.19200300.100.1.41
pagerTelephoneNumber 0.9.2342.19200300.100.1.42
friendlyCountryName 0.9.2342.19200300.100.1.43
uid uniqueIdentifier 0.9.2342.19200300.100.1.44
organizationalStatus 0.9.2342.19200300.100.1.45
buildingName 0.9.2342.19200300.100.1.48
INN 1.2.643.3.131.1.1 numeric 1-12
OGRN 1.2.643.100.1 numeric 1-13
SNILS 1.2.643.100.3 numeric 1-11
OGRNIP 1.2.643.100.5
`;

const ROWS = TABLE.trim()
  .split("\n")
  .map((line) => {
    const words = line.split(" ");
    const at = words.findIndex((word) => isObjectId(word));
    const [type = "utf8", bounds = `1-${UNBOUNDED}`] = words.slice(at + 1);
    const [least, most] = bounds.split("-").map(Number);
    return {
      short: words[0] ?? "",
      long: words[at - 1] ?? "",
      oid: words[at] ?? "",
      type: type as StringType,
      least: least ?? 1,
      most: most ?? UNBOUNDED,
    };
  });
