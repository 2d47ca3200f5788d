#include "power/libvirt/host_shell.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "io/process/host_name.h"
#include "power/libvirt/ssh.h"

namespace vix::power {
namespace {

constexpr int kSshFailed = 255;
// Printed before a script's output: whatever a login prints comes before it and is dropped.
constexpr std::string_view kBegin = "-- vmware-vix --\n";

// Not every user's PATH has the administrators' programs. Messages in English, for error details.
constexpr std::string_view kPrelude = R"sh(
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
LC_ALL=C
export PATH LC_ALL
)sh";

constexpr std::string_view kFacts = R"sh(
id -u
echo "$XDG_RUNTIME_DIR"
uname -n
for card in 0 1 2 3 4 5 6 7; do
    cat "/sys/class/net/eth$card/address" 2>/dev/null && break
done || echo
if [ -c /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then echo kvm; else echo; fi
)sh";

// $1: a pattern for an argument of the process. It must not match the command line of this search.
constexpr std::string_view kFindProcess = R"sh(
tries=200
while [ "$tries" -gt 0 ]; do
    for file in $(grep -lsa -e "$1" /proc/[0-9]*/cmdline); do
        case $(tr '\0' '\n' <"$file" 2>/dev/null | head -n 1) in
            *qemu*) cat "${file%cmdline}stat" && exit 0 ;;
        esac
    done
    tries=$((tries - 1))
    sleep 0.02
done
exit 1
)sh";

// $1: the host's name in locks, $2...: lock folders. A lock member reads "machine
// pid-creation(name)" and more, without a line end. The creation is field 22 of /proc/PID/stat;
// `sed` removes the fields up to the name in parentheses, so it is field 20 there.
constexpr std::string_view kDropDeadLocks = R"sh(
machine=$1
shift
for folder; do
    for member in "$folder"/M?????.lck; do
        [ -f "$member" ] || continue
        read -r host process rest <"$member"
        [ "$host" = "$machine" ] || continue
        creation=${process#*-}
        creation=${creation%%(*}
        now=$(sed 's/.*) //' "/proc/${process%%-*}/stat" 2>/dev/null | cut -d ' ' -f 20)
        [ "$now" = "$creation" ] || rm -f -- "$member"
    done
    rmdir -- "$folder" 2>/dev/null
done
exit 0
)sh";

std::string shell_word(std::string_view word) {
    std::string text = "'";
    for (const char c : word) {
        if (c == '\'') {
            text += "'\\''";
        } else {
            text += c;
        }
    }
    return text + '\'';
}

// All of it goes to the shell's standard input, because it could be too long for a command line.
std::string program_of(std::string_view script, const std::vector<std::string>& arguments) {
    std::string text{kPrelude};
    text += "printf '%s\\n' " + shell_word(kBegin.substr(0, kBegin.size() - 1)) + "\nset --";
    for (const std::string& argument : arguments) text += ' ' + shell_word(argument);
    text += '\n';
    return text += script;
}

// Compares the names that the hosts have for themselves, whichever way the URI uses.
bool is_local(const Connection& connection) {
    const std::string own = io::own_host_name();
    const std::string theirs = connection.host_name();
    return theirs.substr(0, theirs.find('.')) == own.substr(0, own.find('.'));
}

boost::filesystem::path usual_runtime_folder(uid_t user, const std::string& users_own) {
    if (user == 0) return "/run/vmware-vix";
    if (users_own.starts_with('/')) return boost::filesystem::path{users_own} / "vmware-vix";
    return "/tmp/vmware-vix-" + std::to_string(user);
}

}  // namespace

HostShell::HostShell(io::Environment environment)
    : environment_{std::move(environment)}, user_{geteuid()} {
    runtime_folder_ =
        usual_runtime_folder(user_, environment_.find("XDG_RUNTIME_DIR").value_or(""));
}

HostShell::HostShell(io::Environment environment, const Connection& connection)
    : HostShell{std::move(environment)} {
    if (is_local(connection)) return;
    const auto login = ssh_command(connection.uri());
    if (!login) {
        throw Error{VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT,
                    connection.uri() + " is libvirt on the host " + connection.host_name() +
                        ". Machines can run on another host only if libvirt is reached by ssh "
                        "(qemu+ssh://...)"};
    }
    login_ = *login;
    ask_facts();
}

void HostShell::ask_facts() {
    std::istringstream facts{
        result(VIX_E_CANNOT_CONNECT_TO_HOST, "reading the properties of the host", kFacts, {})};
    std::string user;
    std::string users_own;
    std::string kvm;
    std::getline(facts, user);
    std::getline(facts, users_own);
    std::getline(facts, name_);
    std::getline(facts, hardware_address_);
    std::getline(facts, kvm);
    const auto number = parse_number(user);
    if (!number || name_.empty()) {
        throw Error{VIX_E_CANNOT_CONNECT_TO_HOST,
                    login_.back() + " does not answer like a POSIX shell: " + facts.str()};
    }
    user_ = static_cast<uid_t>(*number);
    runtime_folder_ = usual_runtime_folder(user_, users_own);
    has_kvm_ = kvm == "kvm";
}

io::Outcome HostShell::run(std::string_view script, const std::vector<std::string>& arguments,
                           std::size_t limit) const {
    std::vector<std::string> command = login_;
    command.insert(command.end(), {"/bin/sh"});
    io::Outcome outcome = io::run(environment_, command, program_of(script, arguments), limit);
    if (!is_this_host() && outcome.status == kSshFailed) {
        throw Error{VIX_E_CANNOT_CONNECT_TO_HOST,
                    "ssh to " + login_.back() + " failed: " + std::string{trim(outcome.output)}};
    }
    const auto begin = outcome.output.find(kBegin);
    if (begin != std::string::npos) outcome.output.erase(0, begin + kBegin.size());
    return outcome;
}

std::string HostShell::result(ErrorCode code, const std::string& action, std::string_view script,
                              const std::vector<std::string>& arguments, std::size_t limit) const {
    io::Outcome outcome = run(script, arguments, limit);
    if (outcome.status == 0) return std::move(outcome.output);
    const std::string where = is_this_host() ? "" : " on " + login_.back();
    throw Error{code, action + where + ": " + std::string{trim(outcome.output)}};
}

std::optional<MachineProcess> HostShell::process_of_domain(const std::string& name) const {
    std::string pattern = "guest=[" + name.substr(0, 1) + "]";
    for (const char c : name.substr(1)) {
        if (c == '.') pattern += '\\';
        pattern += c;
    }
    const io::Outcome found = run(kFindProcess, {pattern + ','});
    const auto pid = parse_number(found.output.substr(0, found.output.find(' ')));
    if (found.status != 0 || !pid) return std::nullopt;
    const auto member = is_this_host() ? io::member_for(static_cast<pid_t>(*pid))
                                       : io::member_for(name_, hardware_address_, found.output);
    return MachineProcess{static_cast<pid_t>(*pid), member};
}

void HostShell::drop_dead_locks(const std::vector<boost::filesystem::path>& folders) const {
    std::vector<std::string> arguments{io::member_for(name_, hardware_address_, "").machine};
    for (const auto& folder : folders) arguments.push_back(folder.string());
    result(VIX_E_FILE_ACCESS_ERROR, "checking locks", kDropDeadLocks, arguments);
}

// `cat` ends when this process does, and ssh with it.
std::vector<std::string> HostShell::forwarding(const boost::filesystem::path& here,
                                               const boost::filesystem::path& there) const {
    std::vector<std::string> command = login_;
    const auto options = command.end() - 2;  // "--", host
    command.insert(options,
                   {"-o", "ExitOnForwardFailure=yes", "-L", here.string() + ':' + there.string()});
    command.emplace_back("cat");
    return command;
}

}  // namespace vix::power
