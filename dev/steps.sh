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

# Configuring takes ten times as long as building what is built already, so it is skipped while nothing
# that it reads has changed: its own files, the libraries that were found, the names of the files that
# are built or installed, and the environment.
module_is_configured() {
    [[ -f Makefile && -f build/configured_for && $(<build/configured_for) == "$(module_inputs)" ]] &&
        [[ -z $(find Makefile.PL xs/build lib/VMware/Vix.pm build/link_libraries -newer Makefile) ]]
}

module_inputs() {
    env | grep -E '^(CC|CXX|(C|CXX|CPP|LD)FLAGS|CMAKE_.*|VIX_WERROR|PERL_.*|PATH)=' | sort
    find lib script share xs/*.xsi xs/*.h cpp/api/*.h -type f | sort
}

# In a function that runs as a step the commands are joined by &&, because `set -e` does not apply
# there.
make_module() {
    cd "$root" || return
    if ! module_is_configured; then
        perl Makefile.PL && module_inputs >build/configured_for || return
    fi
    make -j"$jobs"
}

# Tests that start virtual machines and download packages run from these scripts, but not by `make
# test`.
export VIX_TEST_MACHINES=${VIX_TEST_MACHINES-1}

# In CI a warning fails the build.
if [[ ${CI-} == true ]]; then export VIX_WERROR=ON; fi

# Builds the core with its unit tests, in the folder that the module's build also uses.
make_core_tests() {
    core_is_configured ||
        cmake -S "$root/cpp" -B "$root/build" -DCMAKE_BUILD_TYPE=Release -DVIX_TESTS=ON \
            -DVIX_WERROR="${VIX_WERROR:-OFF}" || return
    cmake --build "$root/build" -j "$jobs"
}

# With these options. Other changes are noticed by the build itself.
core_is_configured() {
    local cache=$root/build/CMakeCache.txt option
    [[ -f $cache && -f $root/build/Makefile ]] || return
    for option in CMAKE_BUILD_TYPE:STRING=Release VIX_TESTS:BOOL=ON "VIX_WERROR:BOOL=${VIX_WERROR:-OFF}"; do
        grep -qxF "$option" "$cache" || return
    done
}

# Runs the core's ordinary tests that a build folder has, without those of the pattern PATTERN, in a few
# processes (default: as many as there are processors): starting one for each test takes longer than the
# test. They hold whole disks in memory and fork, which costs a fifth less of the system's time with huge
# pages. Prints what failed, what was skipped and, last, the number of tests that passed.
#
#   run_core_tests BUILD [:PATTERN [PROCESSES]]
run_core_tests() {
    local folder=$1 left_out=${2-} shards=${3-$jobs} shard processes=() status=0
    rm -f "$log_folder"/core-tests-*.log
    for ((shard = 0; shard < shards; shard++)); do
        GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard GLIBC_TUNABLES=glibc.malloc.hugetlb=1 \
            "$folder/vixcore_test" \
            --gtest_filter="$(<"$folder/ordinary_tests")$left_out" \
            >"$log_folder/core-tests-$shard.log" 2>&1 &
        processes+=($!)
    done
    for ((shard = 0; shard < shards; shard++)); do
        wait "${processes[shard]}" && continue
        status=1
        show_failed_tests "$log_folder/core-tests-$shard.log"
    done
    sed -n 's/^\[  SKIPPED \] \([^ ]*\) (.*/\1 (Skipped)/p' "$log_folder"/core-tests-*.log | sort
    sed -n 's/^\[  PASSED  \] \([0-9]*\) tests*\.$/\1/p' "$log_folder"/core-tests-*.log |
        awk '{ passed += $1 } END { print passed + 0 " tests passed" }'
    return "$status"
}

# From the log of a process: the output of each failed test, and the test that was running if the
# process ended before its time.
show_failed_tests() {
    awk '
        /^\[ RUN      \] / { text = ""; open = 1 }
        open { text = text $0 "\n" }
        /^\[  FAILED  \] .* \([0-9]+ ms\)$/ { printf "%s", text }
        /^\[ +(OK|FAILED|SKIPPED) +\] .* \([0-9]+ ms\)$/ { open = 0 }
        END { if (open) printf "%sThe process of the tests ended here.\n", text }
    ' "$1"
}
