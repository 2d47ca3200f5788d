#include "power/libvirt/ssh.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/text.h"

namespace vix::power {
namespace {

struct Uri {
    std::string transport;  // after "qemu+"
    std::string user;
    std::string host;
    std::string port;
    std::map<std::string, std::string> parameters;
};

// Removes and returns the part before `mark`; all of the text if there is no mark.
std::string_view take_until(std::string_view& text, char mark) {
    const auto at = text.find(mark);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

// Parses "user@host:22"; an IPv6 address is in brackets.
void read_authority(std::string_view text, Uri& uri) {
    const auto at = text.rfind('@');
    if (at != std::string_view::npos) {
        uri.user = decode_percent(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    if (text.starts_with('[')) {
        text.remove_prefix(1);
        uri.host = take_until(text, ']');
        if (text.starts_with(':')) uri.port = text.substr(1);
        return;
    }
    uri.host = decode_percent(take_until(text, ':'));
    uri.port = text;
}

Uri parse(std::string_view text) {
    Uri uri;
    const std::string_view scheme = text.substr(0, text.find("://"));
    if (scheme.size() == text.size()) return uri;
    text.remove_prefix(scheme.size() + 3);
    const auto plus = scheme.find('+');
    if (plus != std::string_view::npos) uri.transport = scheme.substr(plus + 1);
    std::string_view query = text;
    text = take_until(query, '?');
    read_authority(take_until(text, '/'), uri);
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const std::string_view name = take_until(value, '=');
        uri.parameters[std::string{name}] = decode_percent(value);
    }
    return uri;
}

}  // namespace

std::optional<std::vector<std::string>> ssh_command(const std::string& text) {
    const Uri uri = parse(text);
    const bool by_ssh =
        uri.transport == "ssh" || uri.transport == "libssh" || uri.transport == "libssh2";
    if (!by_ssh || uri.host.empty()) return std::nullopt;
    const auto parameter = [&](const char* name) {
        const auto found = uri.parameters.find(name);
        return found == uri.parameters.end() ? std::string{} : found->second;
    };
    const std::string program = parameter("command");
    std::vector<std::string> words{program.empty() ? "ssh" : program, "-T"};
    const auto option = [&](const char* setting) { words.insert(words.end(), {"-o", setting}); };
    option("BatchMode=yes");
    option("LogLevel=ERROR");
    option("ConnectTimeout=20");
    option("ServerAliveInterval=15");
    if (parameter("no_verify") == "1" || parameter("known_hosts_verify") == "ignore") {
        option("StrictHostKeyChecking=no");
    }
    if (const auto file = parameter("known_hosts"); !file.empty()) {
        option(("UserKnownHostsFile=" + file).c_str());
    }
    if (const auto file = parameter("keyfile"); !file.empty()) {
        words.insert(words.end(), {"-i", file});
    }
    if (!uri.port.empty()) words.insert(words.end(), {"-p", uri.port});
    if (!uri.user.empty()) words.insert(words.end(), {"-l", uri.user});
    words.insert(words.end(), {"--", uri.host});
    return words;
}

}  // namespace vix::power
