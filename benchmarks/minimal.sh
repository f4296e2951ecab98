#!/bin/sh
# The smallest correct way to have many workers on one repository with nothing but git and a shell: what the library is measured against.
# usage: minimal.sh REPOSITORY ITEMS PARALLEL WORKER TARGET
set -eu

one() {
    repository=$1 worker=$2 target=refs/heads/$3 item=$4
    lock=$repository/.git/minimal.lock tree=$repository.minimal/$item
    base=$(git -C "$repository" rev-parse --verify "$target")
    flock "$lock" git -C "$repository" worktree add --quiet --no-checkout -b "minimal/$item" "$tree" "$base"
    git -C "$tree" reset --quiet --hard
    (cd "$tree" && sh "$worker" "$item")
    head=$(git -C "$tree" rev-parse HEAD)
    while :; do
        old=$(git -C "$repository" rev-parse --verify "$target")
        merged=$(git -C "$repository" merge-tree --write-tree "$old" "$head") || exit 1
        landed=$(git -C "$repository" commit-tree "$merged" -p "$old" -p "$head" -m "Merge minimal/$item")
        git -C "$repository" update-ref "$target" "$landed" "$old" 2>/dev/null && break
    done
    flock "$lock" git -C "$repository" worktree remove --force "$tree"
}

if [ "$1" = --one ]; then
    shift
    one "$@"
    exit
fi

export GIT_AUTHOR_NAME=minimal GIT_AUTHOR_EMAIL=minimal@localhost GIT_COMMITTER_NAME=minimal GIT_COMMITTER_EMAIL=minimal@localhost
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
mkdir -p "$1.minimal"
seq -f 'item-%g' 1 "$2" | xargs -P "$3" -I {} sh "$0" --one "$1" "$4" "$5" {}
rmdir "$1.minimal"
