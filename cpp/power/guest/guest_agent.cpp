#include "power/guest/guest_agent.h"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/base64.h"
#include "base/text.h"
#include "power/domain/domain_identity.h"
#include "power/guest/agent_commands.h"
#include "power/libvirt/host.h"

namespace vix::power {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kPatience_s = 30;
constexpr int kPingPatience_s = 1;
constexpr int kTransferTries = 4;
constexpr auto kFirstPoll = std::chrono::milliseconds{10};
constexpr auto kLastPoll = std::chrono::milliseconds{250};
// How long libvirt waits for the agent's echo before it sends a command.
constexpr auto kEchoPatience = std::chrono::seconds{5};
constexpr auto kTolerance = std::chrono::milliseconds{100};

Json parse(const std::string& text) {
    Json value = Json::parse(text, nullptr, false);
    if (!value.is_discarded()) return value;
    throw Error{VIX_E_TOOLS_NOT_RUNNING, "the guest agent's reply is not JSON: " + text};
}

template <class T>
T member(const Json& object, const char* name) {
    try {
        return object.at(name).get<T>();
    } catch (const Json::exception&) {
        throw Error{VIX_E_TOOLS_NOT_RUNNING,
                    std::string{"the guest agent's reply has no valid \""} + name + "\""};
    }
}

// Arguments may be any bytes, but JSON is UTF-8.
std::string command(const char* name, const Json& arguments) {
    try {
        return Json{{"execute", name}, {"arguments", arguments}}.dump();
    } catch (const Json::exception&) {
        throw Error{VIX_E_INVALID_UTF8_STRING,
                    "the guest agent accepts names and arguments in UTF-8 only"};
    }
}

Domain domain_at(const Connection& connection, const boost::filesystem::path& vmx) {
    auto domain = connection.find(uuid_for(canonical_path(vmx)));
    if (domain) return std::move(*domain);
    throw Error{VIX_E_TOOLS_NOT_RUNNING, vmx.string() + " is running, but not in " +
                                             connection.uri() + ", so its guest cannot be reached"};
}

std::string decoded(const std::string& text) {
    auto bytes = from_base64(text);
    if (bytes) return std::move(*bytes);
    throw Error{VIX_E_FAIL, "the guest agent's reply is not base64"};
}

std::string captured(const Json& status, const char* name) {
    const auto found = status.find(name);
    return found == status.end() ? std::string{} : decoded(found->get<std::string>());
}

}  // namespace

GuestAgent::GuestAgent(const Settings& settings, const boost::filesystem::path& vmx)
    : connection_{settings}, machine_{vmx.string()}, domain_{domain_at(connection_, vmx)} {}

// Before each command libvirt lets the agent echo a number, to find their common place in the
// stream. It waits five seconds for the echo, however long the command may take. If the agent is
// still connected after these seconds and has not answered, it is busy. If the command's own time
// was longer, libvirt never sent the command, and it can be sent again. An agent that disconnected
// may have received it.
std::string GuestAgent::ask_until_sent(const std::string& text, int timeout_s) {
    const std::chrono::seconds patience{timeout_s};
    const auto end = Clock::now() + patience;
    for (;;) {
        const auto begin = Clock::now();
        try {
            return domain_.ask_agent(text, timeout_s);
        } catch (const Error& error) {
            const auto waited = Clock::now() - begin;
            const bool was_late = waited >= kEchoPatience - kTolerance;
            const bool was_sent = waited >= patience;
            if (error.code() != VIX_E_TOOLS_NOT_RUNNING || !was_late || was_sent) throw;
            if (Clock::now() >= end || !domain_.has_agent()) throw;
        }
    }
}

// libvirt has one error number for a command that the agent refused and for an agent that
// disconnected. An agent that refused still answers.
std::string GuestAgent::ask(const std::string& text, int timeout_s, RefusalCode refusal_code) {
    try {
        return ask_until_sent(text, timeout_s);
    } catch (const Error& error) {
        if (error.code() != VIX_E_FAIL) throw;
        const bool refused = answers(kPingPatience_s);
        const auto code = refused ? refusal_code(error.detail()) : VIX_E_TOOLS_NOT_RUNNING;
        throw Error{code, machine_ + ": " + error.detail()};
    }
}

bool GuestAgent::answers(int timeout_s) {
    try {
        ping_agent(domain_, timeout_s);
        return true;
    } catch (const Error& error) {
        if (error.code() == VIX_E_VM_NOT_RUNNING) throw;
        return false;
    }
}

void GuestAgent::wait_until_answers(int timeout_s, Progress& progress) {
    const auto end = Clock::now() + std::chrono::seconds{timeout_s};
    for (;;) {
        progress.checkpoint("asking the guest agent");
        if (domain_.activity() == vm::PowerState::Off) {
            throw Error{VIX_E_VM_NOT_RUNNING,
                        machine_ + " ended while this call waited for its guest"};
        }
        if (answers(kPingPatience_s)) return;
        if (timeout_s > 0 && Clock::now() >= end) {
            throw Error{VIX_E_TIMEOUT_WAITING_FOR_TOOLS,
                        "the guest agent of " + machine_ + " did not answer within " +
                            std::to_string(timeout_s) +
                            " s; is qemu-guest-agent installed in the guest?"};
        }
        std::this_thread::sleep_for(kLastPoll);
    }
}

std::int64_t GuestAgent::start(const GuestProgram& program) {
    Json arguments{{"path", program.words.front()},
                   {"capture-output", program.output == Output::Capture}};
    if (program.words.size() > 1) {
        arguments["arg"] = std::vector<std::string>(program.words.begin() + 1, program.words.end());
    }
    if (!program.environment.empty()) arguments["env"] = program.environment;
    const std::string answer =
        ask(command("guest-exec", arguments), kPatience_s, [](std::string_view words) {
            const auto code = code_from_words(words, VIX_E_PROGRAM_NOT_STARTED);
            return code == VIX_E_OPERATION_DISABLED ? code : VIX_E_PROGRAM_NOT_STARTED;
        });
    return member<std::int64_t>(member<Json>(parse(answer), "return"), "pid");
}

std::optional<GuestExit> GuestAgent::exit_of(std::int64_t pid) {
    const std::string answer = ask(command("guest-exec-status", {{"pid", pid}}), kPatience_s);
    const auto status = member<Json>(parse(answer), "return");
    if (!member<bool>(status, "exited")) return std::nullopt;
    if (status.value("out-truncated", false)) {
        throw Error{
            VIX_E_OUT_OF_MEMORY,
            machine_ + ": a program in the guest printed more than the guest agent returns"};
    }
    GuestExit exit;
    exit.code = status.contains("exitcode") ? member<int>(status, "exitcode")
                                            : 128 + status.value("signal", 0);
    exit.output = captured(status, "out-data");
    exit.errors = captured(status, "err-data");
    return exit;
}

GuestExit GuestAgent::wait_for(std::int64_t pid, Progress& progress) {
    auto pause = kFirstPoll;
    for (;;) {
        if (auto exit = exit_of(pid)) return std::move(*exit);
        progress.checkpoint("waiting for a program in the guest");
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLastPoll);
    }
}

GuestAgent::File::File(GuestAgent& agent, const std::string& path, const char* mode)
    : agent_{agent} {
    const auto text = command("guest-file-open", {{"path", path}, {"mode", mode}});
    handle_ = member<std::int64_t>(parse(agent_.ask(text, kPatience_s)), "return");
}

GuestAgent::File::~File() {
    if (!open_) return;
    try {
        close();
    } catch (const Error&) {
        // The agent closes it when it ends.
    }
}

// A command without a reply in time may have run, or may still run. The agent runs one command
// after the other, so seeking back to the old position and repeating the command is safe.
std::string GuestAgent::File::transfer(const std::string& text) {
    for (int tries = 1;; ++tries) {
        try {
            return member<Json>(parse(agent_.ask(text, kPatience_s)), "return").dump();
        } catch (const Error& error) {
            if (error.code() != VIX_E_TOOLS_NOT_RUNNING || tries == kTransferTries) throw;
        }
        const Json place{{"handle", handle_}, {"offset", position_}, {"whence", 0}};
        agent_.ask(command("guest-file-seek", place), kPatience_s);
    }
}

std::string GuestAgent::File::read() {
    const auto text = command("guest-file-read", {{"handle", handle_}, {"count", kChunk}});
    auto bytes = decoded(member<std::string>(parse(transfer(text)), "buf-b64"));
    position_ += bytes.size();
    return bytes;
}

void GuestAgent::File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto text =
            command("guest-file-write", {{"handle", handle_}, {"buf-b64", to_base64(bytes)}});
        const auto count = member<std::size_t>(parse(transfer(text)), "count");
        if (count == 0)
            throw Error{VIX_E_FILE_ERROR,
                        agent_.machine_ + ": the guest agent cannot write to a file in the guest"};
        bytes.remove_prefix(std::min(count, bytes.size()));
        position_ += count;
    }
}

void GuestAgent::File::close() {
    open_ = false;
    agent_.ask(command("guest-file-close", {{"handle", handle_}}), kPatience_s);
}

std::string GuestAgent::read_file(const std::string& path, std::size_t limit) {
    File file{*this, path, "r"};
    std::string content;
    for (std::string part = file.read(); !part.empty(); part = file.read()) {
        content += part;
        if (content.size() > limit) {
            throw Error{VIX_E_FILE_TOO_BIG,
                        path + " in the guest is larger than " + std::to_string(limit) + " bytes"};
        }
    }
    return content;
}

std::string GuestAgent::address() {
    const auto answer = parse(ask(R"({"execute":"guest-network-get-interfaces"})", kPatience_s));
    std::string other;
    for (const Json& card : member<Json>(answer, "return")) {
        if (card.value("name", "") == "lo") continue;
        for (const Json& known : card.value("ip-addresses", Json::array())) {
            std::string text = known.value("ip-address", "");
            if (known.value("ip-address-type", "") == "ipv4") return text;
            const bool local = text.starts_with("fe80:");
            if (other.empty() && !local) other = text;
        }
    }
    return other;
}

ErrorCode code_of_refusal(std::string_view words) {
    return code_from_words(words, VIX_E_FAIL);
}

// A path in the text may look like a reason. The reason comes last, so the last match counts.
ErrorCode code_from_words(std::string_view words, ErrorCode usual) {
    static constexpr std::pair<std::string_view, ErrorCode> kKnown[] = {
        {"no such file or directory", VIX_E_FILE_NOT_FOUND},
        {"no such process", VIX_E_NO_SUCH_PROCESS},
        {"not permitted", VIX_E_GUEST_USER_PERMISSIONS},
        {"permission denied", VIX_E_FILE_ACCESS_ERROR},
        {"is a directory", VIX_E_NOT_A_FILE},
        {"not a directory", VIX_E_NOT_A_DIRECTORY},
        {"not empty", VIX_E_DIRECTORY_NOT_EMPTY},
        {"file exists", VIX_E_FILE_ALREADY_EXISTS},
        {"file name too long", VIX_E_FILE_NAME_TOO_LONG},
        {"no space left", VIX_E_DISK_FULL},
        {"read-only file system", VIX_E_FILE_READ_ONLY},
        {"has been disabled", VIX_E_OPERATION_DISABLED},
        {"has not been found", VIX_E_UNRECOGNIZED_COMMAND_IN_GUEST},
    };
    const std::string lower = to_lower(words);
    ErrorCode found = usual;
    std::size_t end = 0;
    for (const auto& [part, code] : kKnown) {
        const auto at = lower.rfind(part);
        if (at == std::string::npos || at + part.size() <= end) continue;
        end = at + part.size();
        found = code;
    }
    return found;
}

}  // namespace vix::power
