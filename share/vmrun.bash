# shellcheck shell=bash
# Completion of vmrun's commands and arguments for bash. Needs only bash. The package bash-completion
# loads it when vmrun is first completed; without that package, source this file.

# One command with its arguments on each line, as in VMware::Vix::Vmrun::commands (t/88 compares them).
_vix_vmrun_commands='
start VMX [gui|nogui]
stop VMX [hard|soft] [nogui]
reset VMX [hard|soft] [nogui]
suspend VMX [hard|soft] [nogui]
pause VMX
unpause VMX
listSnapshots VMX [showTree]
snapshot VMX NAME
deleteSnapshot VMX NAME [andDeleteChildren]
revertToSnapshot VMX NAME
list
listRegisteredVM
register VMX
unregister VMX
upgradevm VMX
deleteVM VMX
clone VMX DESTINATION full|linked [-snapshot=NAME] [-cloneName=NAME]
readVariable VMX runtimeConfig|guestVar|guestEnv NAME
writeVariable VMX runtimeConfig|guestVar|guestEnv NAME VALUE
addSharedFolder VMX NAME HOST_PATH
removeSharedFolder VMX NAME
setSharedFolderState VMX NAME HOST_PATH writable|readonly
enableSharedFolders VMX [runtime]
disableSharedFolders VMX [runtime]
listNetworkAdapters VMX
addNetworkAdapter VMX nat|bridged|hostonly|custom [HOST_NETWORK]
setNetworkAdapter VMX INDEX nat|bridged|hostonly|custom [HOST_NETWORK]
deleteNetworkAdapter VMX INDEX
runProgramInGuest VMX [-noWait] [-activeWindow] [-interactive] PROGRAM [ARGUMENT...]
runScriptInGuest VMX [-noWait] [-activeWindow] [-interactive] INTERPRETER SCRIPT
fileExistsInGuest VMX PATH
directoryExistsInGuest VMX PATH
listDirectoryInGuest VMX PATH
createDirectoryInGuest VMX PATH
deleteDirectoryInGuest VMX PATH
deleteFileInGuest VMX PATH
renameFileInGuest VMX OLD NEW
createTempfileInGuest VMX
copyFileFromHostToGuest VMX HOST GUEST
copyFileFromGuestToHost VMX GUEST HOST
listProcessesInGuest VMX
killProcessInGuest VMX PROCESS
typeKeystrokesInGuest VMX KEYS
connectNamedDevice VMX DEVICE
disconnectNamedDevice VMX DEVICE
captureScreen VMX HOST
getGuestIPAddress VMX [-wait]
checkToolsState VMX
installTools VMX
listHostNetworks
listPortForwardings HOST_NETWORK
setPortForwarding HOST_NETWORK PROTOCOL HOST_PORT GUEST_ADDRESS GUEST_PORT [TEXT]
deletePortForwarding HOST_NETWORK PROTOCOL HOST_PORT
'

# Reads the command line: sets `command` to the command and `places` to the arguments after it, without
# options. An option with its value is one word or three, because bash splits words at "=".
_vix_vmrun_read() {
    local i=1 word
    command='' places=()
    while ((i < COMP_CWORD)); do
        word=${COMP_WORDS[i]}
        if [[ -z $command ]]; then
            case $word in
                -T | -h | -P | -u | -p | -vp | -gu | -gp) i=$((i + 1)) ;;
                -*) ;;
                *) command=$word ;;
            esac
        elif [[ $word == '=' ]]; then
            i=$((i + 1))
        elif [[ $word != -?* ]]; then
            places+=("$word")
        fi
        i=$((i + 1))
    done
}

# Prints the arguments of a command, whatever its case.
_vix_vmrun_arguments() {
    local name rest
    while read -r name rest; do
        [[ ${name,,} != "${1,,}" ]] || echo "$rest"
    done <<<"$_vix_vmrun_commands"
}

# Prints the snapshots of a machine whose names begin with the given word, quoted for bash. vmrun prints
# errors to standard output, too, so only its status shows whether the output is a list.
_vix_vmrun_snapshots() {
    local name found vmx=${2//[\\\"\']/}
    found=$("$1" listSnapshots "${vmx/#\~\//$HOME/}" 2>/dev/null) || return 0
    while IFS= read -r name; do
        printf -v name %q "$name"
        [[ $name != "$3"* ]] || printf '%s\n' "$name"
    done < <(tail -n +2 <<<"$found")
}

# Prints the possible values of an argument: file names, or its fixed words.
_vix_vmrun_values() {
    local place=$1 cur=$2
    case $place in
        VMX | DESTINATION)
            compopt -o filenames 2>/dev/null
            compgen -f -X '!*.[vV][mM][xX]' -- "$cur"
            compgen -f -X '!*.[vV][mM][tT][xX]' -- "$cur"
            compgen -d -- "$cur"
            ;;
        HOST | HOST_PATH)
            compopt -o filenames 2>/dev/null
            compgen -f -- "$cur"
            ;;
        *'|'* | '['[[:lower:]]*) compgen -W "$(tr '[]|' '   ' <<<"$place")" -- "$cur" ;;
    esac
}

_vix_vmrun() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command places word words options='' arguments=()
    COMPREPLY=()
    _vix_vmrun_read
    if [[ -z $command ]]; then
        case $previous in
            -T) word='ws fusion player ws-shared server1 server' ;;
            -h | -P | -u | -p | -vp | -gu | -gp) return ;;
            *)
                word=$(cut -d ' ' -f 1 <<<"$_vix_vmrun_commands")
                [[ $cur != -* ]] || word='-T -vp -gu -gp -h -P -u -p --progress --detail --version --help'
                ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
        return
    fi
    read -ra words < <(_vix_vmrun_arguments "$command")
    for word in "${words[@]}"; do
        case $word in
            '[-'*) word=${word#[} options+=" ${word%]}" ;;
            *) arguments+=("$word") ;;
        esac
    done
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options//NAME/}" -- "$cur")
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
        return
    fi
    [[ $previous != '=' && $cur != '=' ]] || return 0
    word=${arguments[${#places[@]}]-}
    if [[ ${command,,} == @(revert|delete)*snapshot && $word == NAME ]]; then
        mapfile -t COMPREPLY < <(_vix_vmrun_snapshots "${COMP_WORDS[0]}" "${places[0]}" "$cur")
        return
    fi
    mapfile -t COMPREPLY < <(_vix_vmrun_values "$word" "$cur")
}

complete -F _vix_vmrun vmrun
