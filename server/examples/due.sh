#!/bin/sh
# What is due today, as JSON: curl alone. ANSIM_URL, ANSIM_USERNAME and ANSIM_PASSWORD say where and who.
set -eu
jar=$(mktemp)
trap 'rm -f "$jar"' EXIT
printf '{"username": "%s", "password": "%s"}' "$ANSIM_USERNAME" "$ANSIM_PASSWORD" |
    curl -fsS -c "$jar" -H 'Content-Type: application/json' --data-binary @- -o /dev/null "$ANSIM_URL/api/login"
curl -fsS -b "$jar" "$ANSIM_URL/api/schedule?state=overdue&state=due&state=missed"
