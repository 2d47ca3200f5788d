// Replaces power/libvirt/libvirt.cpp in a build without libvirt's headers: every call fails.
#ifndef VIX_WITH_LIBVIRT

#include "base/error.h"
#include "power/libvirt/libvirt.h"

namespace vix::power {
namespace {

[[noreturn]] void refuse() {
    throw Error{VIX_E_NOT_SUPPORTED,
                "this library was built without libvirt (its headers, on Debian libvirt-dev, were "
                "not installed), so it cannot run virtual machines"};
}

}  // namespace

void load_libvirt() noexcept {}

bool built_with_libvirt() {
    return false;
}

Domain::~Domain() = default;
std::string Domain::name() const {
    refuse();
}
std::string Domain::uuid() const {
    refuse();
}
Activity Domain::activity() const {
    refuse();
}
std::optional<std::string> Domain::metadata(const std::string&) const {
    refuse();
}
void Domain::set_metadata(const std::string&, const std::string&, const std::string&) {
    refuse();
}
bool Domain::has_agent() const {
    refuse();
}
std::string Domain::description() const {
    refuse();
}
void Domain::pause() {
    refuse();
}
void Domain::resume() {
    refuse();
}
void Domain::reset() {
    refuse();
}
void Domain::destroy() {
    refuse();
}
void Domain::ask_shutdown(Means) {
    refuse();
}
void Domain::ask_reboot(Means) {
    refuse();
}
void Domain::save(const std::string&) {
    refuse();
}
void Domain::save_memory(const std::string&) {
    refuse();
}
std::string Domain::ask_agent(const std::string&, int) {
    refuse();
}
std::string Domain::screenshot() {
    refuse();
}

Connection::Connection(const Settings&) : handle_{nullptr} {
    refuse();
}
Connection::~Connection() = default;
std::string Connection::host_name() const {
    refuse();
}
std::string Connection::capabilities() const {
    refuse();
}
std::optional<Domain> Connection::find(const std::string&) const {
    refuse();
}
std::vector<Domain> Connection::active() const {
    refuse();
}
bool Connection::has_active_network(const std::string&) const {
    refuse();
}
Domain Connection::start(const std::string&, StartAs) const {
    refuse();
}
Domain Connection::restore(const std::string&, const std::string&, StartAs) const {
    refuse();
}
std::string Connection::saved_description(const std::string&) const {
    refuse();
}

}  // namespace vix::power

#endif
