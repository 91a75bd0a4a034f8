#!/usr/bin/env bash
# Installs the Debian packages that the tests drive: a terminal (tmux), a browser (Chromium), real webhook handlers
# (Flask, Sinatra), the program that exported commands are for (HTTPie), a server for tunnels (OpenSSH), and shells that
# are completed in (zsh, fish); the languages of the examples for tests (pytest, Go), and what these and the README's look
# at a database with (sqlite3, jq); what checks the files that a relay is run with (Caddy, systemd-analyze), and what relays
# stand on (NATS).
set -euo pipefail

missing=()
command -v tmux >/dev/null || missing+=(tmux)
[ -x /usr/bin/chromium ] || missing+=(chromium)
/usr/bin/python3 -I -c 'import flask' 2>/dev/null || missing+=(python3-flask)
/usr/bin/ruby -e 'require "sinatra/base"; require "puma"' 2>/dev/null || missing+=(ruby-sinatra puma)
command -v http >/dev/null || missing+=(httpie)
[ -x /usr/sbin/sshd ] && command -v ssh >/dev/null || missing+=(openssh-server openssh-client)
/usr/bin/python3 -I -c 'import pytest' 2>/dev/null || missing+=(python3-pytest)
[ -x /usr/bin/go ] || missing+=(golang-go)
command -v sqlite3 >/dev/null || missing+=(sqlite3)
command -v jq >/dev/null || missing+=(jq)
command -v zsh >/dev/null || missing+=(zsh)
command -v fish >/dev/null || missing+=(fish)
[ -x /usr/sbin/nats-server ] || missing+=(nats-server)
command -v caddy >/dev/null || missing+=(caddy)
command -v systemd-analyze >/dev/null || missing+=(systemd)
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
