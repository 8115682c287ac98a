#!/usr/bin/env bash
# Makes sure of Node 22 or later. Where the machine's is older, Node is put
# inside the project and nothing else on the machine changes.
. "$(dirname "$0")/env.sh"

[ "$(node_major)" -ge 22 ] && exit 0
command -v npm >/dev/null || die "install Node 22 or later, or npm, to build the web app"
[ "$(uname -s)" = Linux ] && [ -n "$node_package" ] || die "install Node 22 or later to build the web app"
say "installing Node $node_version into .node"
mkdir -p .node
npm install --prefix .node --no-save --no-audit --no-fund --loglevel=error "$node_package@$node_version"
"$node_bin/node" --version
