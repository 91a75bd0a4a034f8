#!/usr/bin/env bash
# Installs the Debian packages that the tests drive: a terminal (tmux), real webhook handlers (Flask, Sinatra),
# and the program that exported commands are for (HTTPie).
set -euo pipefail

missing=()
command -v tmux >/dev/null || missing+=(tmux)
/usr/bin/python3 -I -c 'import flask' 2>/dev/null || missing+=(python3-flask)
/usr/bin/ruby -e 'require "sinatra/base"; require "puma"' 2>/dev/null || missing+=(ruby-sinatra puma)
command -v http >/dev/null || missing+=(httpie)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "Installing what the tests need: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "The tests need these packages (Debian's names): sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
