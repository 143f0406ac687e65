// What the bundle of the package and that of the one file without Node have in common.
export const shared = {
  bundle: true,
  platform: "node",
  target: "node22",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  // ssh2 tries two native add-ons and does without them where they are missing
  external: ["cpu-features", "*.node"],
};
