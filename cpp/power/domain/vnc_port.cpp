#include "power/domain/vnc_port.h"

#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace vix::power {
namespace {

constexpr long kFirst = 5900;  // VNC's display 0
constexpr long kLast = 65535;
constexpr std::size_t kTableLimit = std::size_t{16} << 20;
constexpr const char* kListening = "0A";

}  // namespace

// A line has its number, the local address as "address:port" in hexadecimal digits, the remote one,
// and the state.
std::set<long> listening_ports(const std::string& sockets) {
    std::set<long> ports;
    std::istringstream lines{sockets};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string number;
        std::string own;
        std::string other;
        std::string state;
        if (!(words >> number >> own >> other >> state) || state != kListening) continue;
        const auto port = parse_hex32(own.substr(own.rfind(':') + 1));
        if (port) ports.insert(static_cast<long>(*port));
    }
    return ports;
}

std::set<long> listening_ports(const HostShell& host) {
    constexpr std::string_view kRead = "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null";
    return listening_ports(host.run(kRead, {}, kTableLimit).output);
}

std::optional<long> wanted_vnc_port(const vm::Config& machine) {
    if (!machine.is_true("RemoteDisplay.vnc.enabled")) return std::nullopt;
    return machine.number("RemoteDisplay.vnc.port", kFirst);
}

long choose_vnc_port(long wanted, const std::set<long>& taken, std::vector<std::string>& notes) {
    const bool possible = wanted >= kFirst && wanted <= kLast;
    long port = possible ? wanted : kFirst;
    while (taken.contains(port)) ++port;
    const std::string setting = "RemoteDisplay.vnc.port = \"" + std::to_string(wanted) + '"';
    if (port > kLast) {
        throw Error{VIX_E_CANNOT_POWER_ON_VM,
                    setting + ": neither this port nor one above it is free"};
    }
    if (port != wanted) {
        notes.push_back(setting + (possible ? " is taken" : " cannot be used") +
                        ", so the display is at port " + std::to_string(port));
    }
    return port;
}

void set_free_vnc_port(format::XmlDocument& description, const std::set<long>& taken,
                       std::vector<std::string>& notes) {
    for (auto& display : description.find("//graphics[@type='vnc']")) {
        const auto port = parse_number(display.attribute("port").value_or(""));
        if (!port || *port > static_cast<std::uint64_t>(kLast)) continue;
        const long free = choose_vnc_port(static_cast<long>(*port), taken, notes);
        if (free != static_cast<long>(*port)) display.set_attribute("port", std::to_string(free));
    }
}

}  // namespace vix::power
