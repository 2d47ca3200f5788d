#include "power/guest/guest_variables.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"

namespace vix::power {
namespace {

const std::string kFolder = "/run/vmware-vix";
const std::string kVariables = kFolder + "/guestinfo";
const std::string kEnvironment = kFolder + "/environment";
constexpr std::size_t kValueLimit = 65536;
constexpr std::size_t kEnvironmentLimit = std::size_t{1} << 20;
constexpr std::size_t kNameLimit = 200;  // it becomes a file name

// Makes the variables' folder $1 in the folder $2 after a boot of the guest. Prints "found" if that
// restores variables from before a reboot. share/vmware-rpctool does the same.
constexpr const char* kSettle = R"sh(
[ ! -e "$1" ] || exit 0
umask 022
mkdir -p "$2" || exit
given=/sys/firmware/qemu_fw_cfg/by_name/opt lasting=/var/lib/vmware-vix
[ -e "$given" ] || modprobe qemu_fw_cfg 2>/dev/null
run=$(cat "$given/vmware-vix.run/raw" 2>/dev/null)
if [ -z "$run" ] || ! mkdir -p "$lasting/$run" 2>/dev/null; then
    mkdir -p "$1"
    exit
fi
for old in "$lasting"/????????-????-????-????-????????????; do
    [ "$old" = "$lasting/$run" ] || rm -rf "$old"
done
ln -sn "$lasting/$run" "$1" 2>/dev/null
[ ! -e "$1" ] || echo found
)sh";
// Makes a new file in the folder $1 and prints its path.
constexpr const char* kMakeFile = "umask 077; mktemp -- \"$1/.new-XXXXXX\"";
// $1: that file, $2: its permissions, $3: its final path, $4: its folder. A reader finds the old
// value or the new one, also if the machine is reset right afterwards.
constexpr const char* kPublish =
    "chmod -- \"$2\" \"$1\" && mv -f -- \"$1\" \"$3\" && { sync -f \"$4\" 2>/dev/null || sync; }";
constexpr const char* kRemove = "rm -f -- \"$1\"";

std::optional<std::string> read_if_there(GuestAgent& agent, const std::string& path,
                                         std::size_t limit) {
    try {
        return agent.read_file(path, limit);
    } catch (const Error& error) {
        if (error.code() != VIX_E_FILE_NOT_FOUND) throw;
        return std::nullopt;
    }
}

// Returns the script's output; throws if the script fails.
std::string use_shell(GuestAgent& agent, const char* script, const std::vector<std::string>& words,
                      Progress& progress) {
    GuestProgram program{{"/bin/sh", "-c", script, "sh"}, {}, Output::Capture};
    program.environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    program.words.insert(program.words.end(), words.begin(), words.end());
    auto exit = agent.wait_for(agent.start(program), progress);
    if (exit.code == 0) return std::move(exit.output);
    throw Error{code_from_words(exit.errors, VIX_E_FILE_ERROR),
                "in the guest: " + std::string{trim(exit.errors)}};
}

bool settle(GuestAgent& agent, Progress& progress) {
    return !use_shell(agent, kSettle, {kVariables, kFolder}, progress).empty();
}

void remove(GuestAgent& agent, const std::string& path) {
    try {
        agent.start({{"/bin/sh", "-c", kRemove, "sh", path}, {}, Output::Drop});
    } catch (const Error&) {
        // The caller's error matters more.
    }
}

void write_whole(GuestAgent& agent, const std::string& folder, const std::string& name,
                 const char* permissions, const std::string& content, Progress& progress) {
    std::string fresh = use_shell(agent, kMakeFile, {folder}, progress);
    if (fresh.ends_with('\n')) fresh.pop_back();
    try {
        GuestAgent::File file{agent, fresh, "w"};
        file.write(content);
        file.close();
        use_shell(agent, kPublish, {fresh, permissions, folder + '/' + name, folder}, progress);
    } catch (const Error&) {
        remove(agent, fresh);
        throw;
    }
}

std::vector<std::string> split_at_ends(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\0', begin), text.size());
        if (end > begin) parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

void require_variable_name(const std::string& name) {
    if (!name.empty() && name.find('/') == std::string::npos && name.front() != '.' &&
        name.size() <= kNameLimit) {
        return;
    }
    throw Error{VIX_E_INVALID_ARG,
                "\"" + name + "\" cannot be the name of a guest variable: a name has at most " +
                    std::to_string(kNameLimit) + " bytes, no slash and no dot in front"};
}

void require_environment_name(const std::string& name) {
    const auto fits = [](char c) {
        return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    const bool digit = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0;
    if (!name.empty() && !digit && std::all_of(name.begin(), name.end(), fits)) return;
    throw Error{VIX_E_INVALID_ARG,
                "\"" + name +
                    "\" cannot be the name of an environment variable: a name has "
                    "letters, digits and _ only, and no digit in front"};
}

void require_value(const std::string& name, const std::string& value) {
    if (value.size() <= kValueLimit) return;
    throw Error{VIX_E_ARGUMENT_TOO_BIG,
                "the value of " + name + " has " + std::to_string(value.size()) +
                    " bytes, more than the limit of " + std::to_string(kValueLimit)};
}

}  // namespace

std::optional<std::string> read_guest_variable(GuestAgent& agent, const std::string& name,
                                               Progress& progress) {
    require_variable_name(name);
    const std::string file = kVariables + '/' + name;
    if (auto value = read_if_there(agent, file, kValueLimit)) return value;
    return settle(agent, progress) ? read_if_there(agent, file, kValueLimit) : std::nullopt;
}

void write_guest_variable(GuestAgent& agent, const std::string& name, const std::string& value,
                          Progress& progress) {
    require_variable_name(name);
    require_value(name, value);
    settle(agent, progress);
    write_whole(agent, kVariables, name, "644", value, progress);
}

std::vector<std::string> kept_environment(GuestAgent& agent) {
    return split_at_ends(read_if_there(agent, kEnvironment, kEnvironmentLimit).value_or(""));
}

void keep_in_environment(GuestAgent& agent, const std::string& name, const std::string& value,
                         Progress& progress) {
    require_environment_name(name);
    require_value(name, value);
    auto variables = kept_environment(agent);
    const std::string begin = name + '=';
    std::erase_if(variables, [&](const auto& known) { return known.starts_with(begin); });
    variables.push_back(begin + value);
    std::string content;
    for (const auto& variable : variables) content += variable + '\0';
    settle(agent, progress);
    write_whole(agent, kFolder, "environment", "600", content, progress);
}

}  // namespace vix::power
