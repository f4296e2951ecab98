#!/bin/sh
# What every worker does, in the script and in the library alike: one file, one commit.
# usage: worker.sh ITEM
set -eu
mkdir -p made
echo "made by $1" > "made/$1.txt"
git add "made/$1.txt"
git commit --quiet -m "$1"
