# shellcheck shell=bash
# Shared by the scripts in this folder, which source it. Each step prints one line; its output goes
# to a log, and the end of the log is shown if the step fails.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_folder=$root/build/logs
jobs=$(nproc)

die() {
    echo "dev/${0##*/}: $*" >&2
    exit 1
}

log_of() {
    echo "$log_folder/${1// /-}.log"
}

# step NAME COMMAND... : status of the command.
step() {
    local name=$1 started=$SECONDS status=0 log
    shift
    mkdir -p "$log_folder"
    log=$(log_of "$name")
    printf '%-32s' "$name ..."
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status == 0)); then
        printf 'ok %5d s\n' $((SECONDS - started))
    else
        printf 'FAILED (status %d, %d s); the end of %s:\n' "$status" $((SECONDS - started)) "$log"
        tail -n 60 "$log" | sed 's/^/    /'
    fi
    return "$status"
}

# CMake's build folder is bound to its path, so a tree that was moved or copied is built from the
# start.
drop_foreign_build() {
    local cache=$1/CMakeCache.txt
    if [[ -f $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root/cpp" "$cache"; then
        rm -rf "$1"
    fi
}

# In a function that runs as a step the commands are joined by &&, because `set -e` does not apply
# there.
make_module() {
    cd "$root" && perl Makefile.PL && make -j"$jobs"
}

# Tests that start virtual machines and download packages run from these scripts, but not by `make
# test`.
export VIX_TEST_MACHINES=${VIX_TEST_MACHINES-1}

# In CI a warning fails the build.
if [[ ${CI-} == true ]]; then export VIX_WERROR=ON; fi

# Builds the core with its unit tests, in the folder that the module's build also uses.
make_core_tests() {
    cmake -S "$root/cpp" -B "$root/build" -DCMAKE_BUILD_TYPE=Release -DVIX_TESTS=ON \
        -DVIX_WERROR="${VIX_WERROR:-OFF}" &&
        cmake --build "$root/build" -j "$jobs"
}
