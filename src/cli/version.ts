/** The version, as in package.json (a test holds them together): reading the file would cost `--version` a file. */
export const VERSION = "1.0.0";
