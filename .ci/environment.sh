#!/bin/sh
# Makes .venv what the lock files say.  `environment.sh run` for the service, `environment.sh dev` with what tests need.
# Called by ./run and ./test; does nothing, within milliseconds, when nothing has changed.
#
# The project itself is not built: a .pth file and a two-line starter put it into .venv.  Building would download a
# build backend that no lock file knows.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
wanted=$1
python=.venv/bin/python
stamp=.venv/.ready

facts() { # what .venv was made from; the path too, since a .venv cannot be moved
    echo "$here"
    "$python" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null || return
    cksum pyproject.toml requirements.lock requirements-dev.lock requirements-source.lock .ci/environment.sh
}

is_ready() {
    [ -r "$stamp" ] && [ -x "$python" ] || return 1
    { read -r made; made_from=$(cat); } <"$stamp"
    [ "$made" = dev ] || [ "$made" = "$wanted" ] || return 1
    [ "$made_from" = "$(facts)" ]
}

find_python() {
    lacking=
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$candidate"
            return
        fi
        lacking=$candidate
    done
    if [ -n "$lacking" ]; then
        echo "$lacking has no venv module.  On Debian or Ubuntu: apt-get install python3-venv" >&2
    else
        echo "This needs Python 3.11 or newer, and finds none on PATH." >&2
    fi
    return 1
}

with_uv() {
    uv --version >/dev/null 2>&1 || return 1
    groups=--no-dev
    [ "$wanted" = run ] || groups=--all-groups
    # The environment named, and copies instead of hard links: uv warns about both when left to guess.  Compiled, as
    # pip does: else the first start of each part takes seconds longer, or every start where none may be written.
    env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=.venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 \
        uv sync --quiet --frozen --no-install-project "$groups"
}

with_pip() {
    lock=requirements.lock
    [ "$wanted" = run ] || lock=requirements-dev.lock
    found=$(find_python) || return 1
    "$python" -m pip --version >/dev/null 2>&1 || "$found" -m venv --clear .venv || return 1
    pip_install --only-binary :all: -r "$lock" || return 1
    [ "$wanted" = run ] || pip_install --no-deps --use-pep517 --no-build-isolation -r requirements-source.lock
}

pip_install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        "$python" -m pip install -qq --no-input --require-hashes "$@"
}

is_ready && exit

# Two may start at once: the second waits, and then finds everything done.  The lock is that of the open file, so it
# outlives the Python that takes it, and ends with this script however that ends.
locker=$(find_python 2>/dev/null) || locker=$python
exec 9<pyproject.toml
"$locker" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null || :
is_ready && exit

if [ -r "$stamp" ]; then
    read -r made <"$stamp"
    [ "$made" = run ] || wanted=dev
fi
rm -f "$stamp"
echo "Setting up .venv (once; a minute or so) …" >&2
with_uv || with_pip || {
    echo "Set-up of .venv failed; see above." >&2
    exit 1
}
"$python" -m compileall -q newsletter workers || :
"$python" - "$here" <<'END'
import sys, sysconfig
from pathlib import Path

Path(sysconfig.get_path("purelib"), "newsletter.pth").write_text(sys.argv[1] + "\n", encoding="utf-8")
starter = Path(sysconfig.get_path("scripts"), "newsletter")
starter.write_text('#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -m newsletter.cli "$@"\n')
starter.chmod(0o755)
END
{
    echo "$wanted"
    facts
} >"$stamp.new"
mv "$stamp.new" "$stamp"
