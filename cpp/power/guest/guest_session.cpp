#include "power/guest/guest_session.h"

#include <chrono>
#include <cstdint>
#include <limits>

#include "base/text.h"

namespace vix::power {
namespace {

using Words = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

// The tools' messages are parsed, so they must be in the language C. `su` may load another language
// from the guest's settings, so it is set again there.
constexpr const char* kBecomeTool = "LC_ALL=C; export LC_ALL; exec \"$0\" \"$@\"";
const Words kToolEnvironment{"LC_ALL=C",
                             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
constexpr int kNotExecutable = 126;
constexpr int kNotThere = 127;

bool was_not_started(const GuestRun& run) {
    // NOLINTNEXTLINE(misc-redundant-expression): it takes the two constants for one
    return run.exit_code == kNotExecutable || run.exit_code == kNotThere;
}
constexpr std::size_t kNamesAtOnce = 500;

// A shell that replaces itself with the words after it.
constexpr const char* kBecomeWords = "exec \"$0\" \"$@\"";
// Runs the words after it, then removes the file that $0 names.
constexpr const char* kRunAndRemove = "\"$@\"; status=$?; rm -f -- \"$0\"; exit $status";

constexpr const char* kEndProcess =
    "kill -s TERM \"$1\" || exit 1; i=0\n"
    "while [ $i -lt 30 ]; do\n"
    "    kill -s 0 \"$1\" 2>/dev/null || exit 0\n"
    "    sleep 0.1; i=$((i + 1))\n"
    "done\n"
    "kill -s KILL \"$1\" 2>/dev/null; exit 0\n";

// Prints three lines for each process: pid, uid, tracer and name; its line of /proc/PID/stat; its
// command line.
constexpr const char* kListProcesses =
    "for p in /proc/[0-9]*; do\n"
    "    [ \"${p#/proc/}\" = $$ ] && continue\n"
    "    uid=; tracer=0; name=; line=\n"
    "    while read -r key value rest; do\n"
    "        case $key in Uid:) uid=$value;; TracerPid:) tracer=$value;;\n"
    "            Name:) name=\"$value${rest:+ $rest}\";; esac\n"
    "    done 2>/dev/null <$p/status || continue\n"
    "    [ -n \"$uid\" ] || continue\n"
    "    read -r line 2>/dev/null <$p/stat\n"
    "    printf '%s %s %s %s\\n%s\\n' \"${p#/proc/}\" \"$uid\" \"$tracer\" \"$name\" \"$line\"\n"
    "    tr '\\0\\n' '  ' 2>/dev/null <$p/cmdline; echo\n"
    "done\n"
    "exit 0\n";

// A path that no tool takes for an option.
std::string as_path(const std::string& path) {
    return path.front() == '-' ? "./" + path : path;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::int64_t number_in(std::string_view text) {
    return static_cast<std::int64_t>(parse_number(text).value_or(0));
}

constexpr std::uint32_t kTypeMask = 0170000;
constexpr std::uint32_t kFolderType = 0040000;
constexpr std::uint32_t kLinkType = 0120000;

// Parses a line of `stat -c "%f %s %Y %n"`.
std::optional<GuestFileInfo> parse_info(std::string_view line, const std::string& path) {
    const auto fields =
        split(line.substr(0, line.size() - std::min(path.size(), line.size())), ' ');
    if (fields.size() < 3 || !line.ends_with(path)) return std::nullopt;
    const auto mode = parse_hex32(fields[0]);
    if (!mode) return std::nullopt;
    GuestFileInfo info;
    info.is_folder = (*mode & kTypeMask) == kFolderType;
    info.is_link = (*mode & kTypeMask) == kLinkType;
    info.size = number_in(fields[1]);
    info.modified = number_in(fields[2]);
    info.name = path.substr(path.find_last_of('/') + 1);
    return info;
}

std::int64_t boot_time(GuestAgent& agent) {
    const std::string text = agent.read_file("/proc/stat", 4 << 20);
    const auto at = text.find("\nbtime ");
    if (at == std::string::npos) return 0;
    const auto begin = at + 7;
    return number_in(std::string_view{text}.substr(begin, text.find('\n', begin) - begin));
}

// The name of the user with this uid; the uid itself if it is unknown.
std::string user_of(std::string_view uid, const std::vector<std::string_view>& users) {
    for (const auto line : users) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && fields[2] == uid) return std::string{fields[0]};
    }
    return std::string{uid};
}

// Field 22 of /proc/PID/stat is the start time in hundredths of a second since the guest's boot.
// The name in field 2 may contain blanks and parentheses, so fields are counted from its end.
std::int64_t ticks_in(std::string_view line) {
    const auto end = line.rfind(')');
    if (end == std::string_view::npos) return 0;
    const auto fields = split(line.substr(end + 1), ' ');
    return fields.size() > 20 ? number_in(fields[20]) : 0;
}

}  // namespace

Words GuestSession::as_user(Words words, const char* become) const {
    if (user_ == kRoot) return words;
    Words all{"su", "-s", "/bin/sh", "-c", become, "--", user_};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

GuestExit GuestSession::run_tool(Words words) {
    const std::string name = words.front();
    try {
        const GuestProgram program{as_user(std::move(words), kBecomeTool), kToolEnvironment,
                                   Output::Capture};
        auto exit = agent_.wait_for(agent_.start(program), progress_);
        if (exit.code != kNotThere) return exit;
    } catch (const Error& error) {
        if (error.code() != VIX_E_PROGRAM_NOT_STARTED) throw;
    }
    throw Error{VIX_E_OP_NOT_SUPPORTED_ON_GUEST, "the guest has no program " + name};
}

std::string GuestSession::use_tool(Words words) {
    auto exit = run_tool(std::move(words));
    if (exit.code == 0) return std::move(exit.output);
    throw Error{code_from_words(exit.errors, VIX_E_FILE_ERROR),
                "in the guest: " + std::string{trim(exit.errors)}};
}

GuestRun GuestSession::finish(std::int64_t pid, Wait wait) {
    GuestRun run;
    run.pid = pid;
    if (wait == Wait::No) return run;
    const auto begin = Clock::now();
    run.exit_code = agent_.wait_for(pid, progress_).code;
    run.elapsed_s = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin).count();
    return run;
}

GuestRun GuestSession::run_program(const std::string& program, const Words& arguments, Wait wait) {
    if (user_ != kRoot && program.find('/') != std::string::npos && !test("-x", program)) {
        throw Error{VIX_E_PROGRAM_NOT_STARTED,
                    program + " in the guest is not a program that " + user_ + " may run"};
    }
    Words words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    if (!environment_.empty()) {
        words.insert(words.begin(), environment_.begin(), environment_.end());
        words.insert(words.begin(), "env");
    }
    progress_.checkpoint("starting a program in the guest");
    return finish(agent_.start({as_user(std::move(words), kBecomeWords), {}, Output::Drop}), wait);
}

GuestRun GuestSession::run_script(const Words& interpreter, const std::string& script, Wait wait) {
    const std::string path = make_temporary_file();
    try {
        GuestAgent::File file{agent_, path, "r+"};
        file.write(script);
        file.close();
        Words arguments{"-c", kRunAndRemove, path};
        arguments.insert(arguments.end(), interpreter.begin(), interpreter.end());
        if (interpreter.empty()) arguments.push_back("sh");
        arguments.push_back(path);
        const auto run = run_program("/bin/sh", arguments, wait);
        if (was_not_started(run)) {
            if (!interpreter.empty() && interpreter.front().find('/') != std::string::npos &&
                !test("-x", interpreter.front())) {
                throw Error{VIX_E_PROGRAM_NOT_STARTED,
                            interpreter.front() + " in the guest is not a program"};
            }
        }
        return run;
    } catch (const Error&) {
        run_tool({"rm", "-f", "--", path});
        throw;
    }
}

Words GuestSession::environment() {
    auto words = as_user({"env", "-0"}, kBecomeWords);
    const auto exit = agent_.wait_for(agent_.start({words, {}, Output::Capture}), progress_);
    Words variables;
    for (const auto part : split(exit.output, '\0')) variables.emplace_back(part);
    variables.insert(variables.end(), environment_.begin(), environment_.end());
    return variables;
}

std::string GuestSession::environment_variable(const std::string& name) {
    const std::string begin = name + '=';
    std::string value;
    for (const auto& variable : environment()) {
        if (variable.starts_with(begin)) value = variable.substr(begin.size());
    }
    return value;
}

bool GuestSession::test(const char* condition, const std::string& path) {
    return run_tool({"test", condition, path}).code == 0;
}

bool GuestSession::file_exists(const std::string& path) {
    return test("-f", path);
}

bool GuestSession::folder_exists(const std::string& path) {
    return test("-d", path);
}

GuestFileInfo GuestSession::info(const std::string& path) {
    const std::string own = as_path(path);
    auto line = use_tool({"stat", "-c", "%f %s %Y %n", own});
    if (line.ends_with('\n')) line.pop_back();
    if (const auto info = parse_info(line, own)) return *info;
    throw Error{VIX_E_OP_NOT_SUPPORTED_ON_GUEST,
                "the guest's stat printed an unexpected line: " + line};
}

std::vector<GuestFileInfo> GuestSession::infos(const Words& names) {
    Words words{"stat", "-c", "%f %s %Y"};
    words.insert(words.end(), names.begin(), names.end());
    const auto exit = run_tool(words);
    const auto lines = split(exit.output, '\n');
    std::vector<GuestFileInfo> found;
    if (lines.size() == names.size()) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            auto info = parse_info(std::string{lines[i]} + ' ' + names[i], names[i]);
            if (info) found.push_back(std::move(*info));
        }
        return found;
    }
    for (const auto& name : names) {
        try {
            found.push_back(info(name));
        } catch (const Error& error) {
            // Removed while the folder was read.
            if (error.code() != VIX_E_FILE_NOT_FOUND) throw;
        }
    }
    return found;
}

std::vector<GuestFileInfo> GuestSession::list(const std::string& path) {
    const std::string folder = as_path(path.ends_with('/') ? path : path + '/');
    const auto text = use_tool({"find", folder, "-mindepth", "1", "-maxdepth", "1", "-print0"});
    std::vector<GuestFileInfo> all;
    Words names;
    for (const auto name : split(text, '\0')) {
        names.emplace_back(name);
        if (names.size() < kNamesAtOnce) continue;
        for (auto& info : infos(names)) all.push_back(std::move(info));
        names.clear();
    }
    if (names.empty()) return all;
    for (auto& info : infos(names)) all.push_back(std::move(info));
    return all;
}

void GuestSession::remove_file(const std::string& path) {
    use_tool({"rm", "--", path});
}

void GuestSession::remove_folder(const std::string& path) {
    if (!info(path).is_folder) {
        throw Error{VIX_E_NOT_A_DIRECTORY, path + " in the guest is not a folder"};
    }
    use_tool({"rm", "-rf", "--", path});
}

void GuestSession::rename(const std::string& path, const std::string& new_path) {
    static_cast<void>(info(path));
    if (test("-e", new_path) || test("-L", new_path)) {
        throw Error{VIX_E_FILE_ALREADY_EXISTS, new_path + " exists already in the guest"};
    }
    use_tool({"mv", "--", path, new_path});
}

// The parent folders may exist, the folder itself must not: one call for each.
void GuestSession::make_folder(const std::string& path) {
    const auto end = path.find_last_not_of('/');
    const auto slash = end == std::string::npos ? end : path.find_last_of('/', end);
    if (slash != std::string::npos && slash != 0) {
        use_tool({"mkdir", "-p", "--", path.substr(0, slash)});
    }
    use_tool({"mkdir", "--", path});
}

std::string GuestSession::make_temporary_file() {
    std::string path = use_tool({"mktemp", "/tmp/vix-XXXXXX"});
    if (path.ends_with('\n')) path.pop_back();
    return path;
}

std::vector<GuestProcess> GuestSession::processes() {
    const std::string text = use_tool({"sh", "-c", kListProcesses});
    const std::string passwd = agent_.read_file("/etc/passwd", 4 << 20);
    const auto users = split(passwd, '\n');
    const auto boot = boot_time(agent_);
    const auto lines = split(text, '\n');
    std::vector<GuestProcess> all;
    for (std::size_t i = 0; i + 2 < lines.size(); i += 3) {
        const auto fields = split(lines[i], ' ');
        if (fields.size() < 3) continue;
        GuestProcess process;
        process.pid = number_in(fields[0]);
        process.owner = user_of(fields[1], users);
        process.is_debugged = fields[2] != "0";
        process.name = lines[i].substr(
            std::min(lines[i].size(), fields[0].size() + fields[1].size() + fields[2].size() + 3));
        process.command = trim(lines[i + 2]);
        if (process.command.empty()) process.command = process.name;
        process.started = boot + ticks_in(lines[i + 1]) / 100;
        all.push_back(std::move(process));
    }
    return all;
}

void GuestSession::end_process(std::int64_t pid) {
    // The guest's shell would call it no number instead.
    if (pid > std::numeric_limits<std::int32_t>::max()) {
        throw Error{VIX_E_NO_SUCH_PROCESS, "there is no process " + std::to_string(pid) +
                                               " in the guest: ids of processes have 31 bits"};
    }
    use_tool({"sh", "-c", kEndProcess, "sh", std::to_string(pid)});
}

}  // namespace vix::power
