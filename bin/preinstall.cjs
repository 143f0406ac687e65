// Runs while npm installs the published package: a Node that is too old is named then, and not at the first command. (Who installs
// with --ignore-scripts is told by npm's EBADENGINE, and by the command itself.) In the syntax of old Nodes, for these have to read it.
"use strict";
var version = process.versions.node.split(".").map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 12)) {
  console.error(
    "azure-coreos-cluster was not installed: it needs Node 22.12 or newer, and this is " +
      process.versions.node +
      ". Install a newer Node (https://nodejs.org), or use the one-file build, which needs none.",
  );
  process.exitCode = 1;
}
