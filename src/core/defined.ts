/**
 * The members that have a value, as in `{ id, ...defined({ etag, cause }) }`. What is not known is not there: `etag?: string` means that
 * (exactOptionalPropertyTypes), and spread over defaults an undefined member would take their place.
 */
export const defined = <T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
