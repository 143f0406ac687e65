/**
 * An address as it may be shown: without user, password, query and fragment, which may be secrets. Of what is no URL everything up to
 * the last @ goes: where its password would have ended nobody can say.
 */
export function bareAddress(text: string): string {
  const user = URL.canParse(text) ? /^([a-z][a-z\d+.-]*:)?\/*[^/?#]*@/i : /^([a-z][a-z\d+.-]*:)?.*@/is;
  return text.replace(user, "$1//").replace(/[?#].*$/s, "");
}
