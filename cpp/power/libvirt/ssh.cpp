#include "power/libvirt/ssh.h"

#include <libxml/uri.h>

#include <map>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace vix::power {
namespace {

struct FreeUri {
    void operator()(xmlURI* uri) const { xmlFreeURI(uri); }
};

std::string text_of(const char* part) {
    return part == nullptr ? std::string{} : std::string{part};
}

// Removes and returns the part before `mark`; all of the text if there is no mark.
std::string_view take_until(std::string_view& text, char mark) {
    const auto at = text.find(mark);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

std::map<std::string, std::string> parameters_in(std::string_view query) {
    std::map<std::string, std::string> parameters;
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const std::string_view name = take_until(value, '=');
        parameters[std::string{name}] = decode_percent(value);
    }
    return parameters;
}

bool is_by_ssh(const std::string& scheme) {
    return scheme == "qemu+ssh" || scheme == "qemu+libssh" || scheme == "qemu+libssh2";
}

// An IPv6 address is in brackets in a URI, and ssh expects it without them.
std::string host_of(const xmlURI& uri) {
    const std::string host = text_of(uri.server);
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::optional<std::vector<std::string>> ssh_command(const std::string& text) {
    const std::unique_ptr<xmlURI, FreeUri> uri{xmlParseURI(text.c_str())};
    if (!uri || !is_by_ssh(text_of(uri->scheme)) || host_of(*uri).empty()) return std::nullopt;
    const auto parameters = parameters_in(text_of(uri->query_raw));
    const auto parameter = [&](const char* name) {
        const auto found = parameters.find(name);
        return found == parameters.end() ? std::string{} : found->second;
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
    if (uri->port > 0) words.insert(words.end(), {"-p", std::to_string(uri->port)});
    if (uri->user != nullptr) words.insert(words.end(), {"-l", uri->user});
    words.insert(words.end(), {"--", host_of(*uri)});
    return words;
}

}  // namespace vix::power
