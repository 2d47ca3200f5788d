# shellcheck shell=bash
# Completion of vmware-vdiskmanager's options and arguments for bash. Needs only bash. The package
# bash-completion loads it when vmware-vdiskmanager is first completed; without that package, source this
# file.

_vix_vdiskmanager() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $previous in
        -s | -x) return ;;
        -a) mapfile -t COMPREPLY < <(compgen -W 'ide buslogic lsilogic' -- "$cur") ;;
        -t) mapfile -t COMPREPLY < <(compgen -W '0 1 2 3 4 5 6' -- "$cur") ;;
        -p)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            ;;
        *)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '-c -d -D -e -k -n -p -r -R -U -x -s -a -t -q --version --help' -- "$cur")
                return
            fi
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(
                compgen -f -X '!*.[vV][mM][dD][kK]' -- "$cur"
                compgen -d -- "$cur"
            )
            ;;
    esac
}

complete -F _vix_vdiskmanager vmware-vdiskmanager
