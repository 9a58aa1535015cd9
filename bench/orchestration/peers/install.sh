#!/bin/sh
# Makes one virtual environment a peer under FOLDER, with pinned versions; what is there already is kept.
#
#     sh bench/orchestration/peers/make-venvs.sh FOLDER
#
# A peer that cannot be installed leaves a file FOLDER/PEER.failed with the installer's last words, and the others go on.
folder=${1:?"usage: make-venvs.sh FOLDER"}
python=${PYTHON:-python3}
mkdir -p "$folder"

install() {
  peer=$1
  shift
  test -e "$folder/$peer.ready" && return
  rm -rf "${folder:?}/$peer" "$folder/$peer.failed"
  if "$python" -m venv "$folder/$peer" && "$folder/$peer/bin/pip" install --quiet "$@" 2>"$folder/$peer.failed"; then
    rm -f "$folder/$peer.failed"
    touch "$folder/$peer.ready"
  else
    echo "$peer could not be installed: $(tail -n 1 "$folder/$peer.failed")" >&2
  fi
}

install kfp kfp==2.17.0
install dagster dagster==1.13.29
# Later versions of FastAPI have dropped what this release of Prefect calls.
install prefect prefect==3.8.8 fastapi==0.139.0
install metaflow metaflow==2.19.39
