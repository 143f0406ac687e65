/** Plain http is taken of this machine alone, and nobody signs in there. */
export const needsNoSignIn = (armEndpoint: string | undefined): boolean =>
  isLoopback(armEndpoint) && armEndpoint?.startsWith("http:") === true;

/** True for an ARM endpoint on this machine: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback(url: string | undefined): boolean {
  if (url === undefined) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
