#!/bin/sh
# Makes a folder a peer under FOLDER, with pinned versions: a virtual environment, or what npm installs; what is there
# already is kept.
#
#     sh bench/orchestration/peers/install.sh FOLDER
#
# A peer that cannot be installed leaves a file FOLDER/PEER.failed with the installer's last words, and the others go on.
folder=${1:?"usage: install.sh FOLDER"}
python=${PYTHON:-python3}
mkdir -p "$folder"

# keep PEER COMMAND…: runs the command in the peer's new folder, unless it has been done.
keep() {
  peer=$1
  shift
  test -e "$folder/$peer.ready" && return
  rm -rf "${folder:?}/$peer" "$folder/$peer.failed"
  mkdir "$folder/$peer"
  if "$@" 2>"$folder/$peer.failed"; then
    rm -f "$folder/$peer.failed"
    touch "$folder/$peer.ready"
  else
    echo "$peer could not be installed: $(tail -n 1 "$folder/$peer.failed")" >&2
  fi
}

from_pypi() {
  "$python" -m venv "$folder/$peer" && "$folder/$peer/bin/pip" install --quiet "$@"
}

# The only script of these packages reports the installation to somebody.
from_npm() {
  npm install --loglevel=error --ignore-scripts --prefix "$folder/$peer" "$@"
}

keep kfp from_pypi kfp==2.17.0
keep dagster from_pypi dagster==1.13.29
# Later versions of FastAPI have dropped what this release of Prefect calls.
keep prefect from_pypi prefect==3.8.8 fastapi==0.139.0
keep metaflow from_pypi metaflow==2.19.39
# psycopg's binary package brings libpq along, for where PostgreSQL keeps its state.
keep dbos from_pypi dbos==3.4.0 'psycopg[binary]==3.3.9'

keep restate from_npm @restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.17.2
