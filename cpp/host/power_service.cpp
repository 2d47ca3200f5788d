#include "host/power_service.h"

#include "power/libvirt/host.h"
#include "power/libvirt/libvirt.h"

namespace vix::host {

bool names_power_service(const std::string& host_name) {
    return power::is_libvirt_uri(host_name);
}

void check_power_service(const Context& context, const std::string& uri) {
    power::Settings settings = context.power_settings();
    settings.uri = uri;
    static_cast<void>(power::Connection{settings});
}

void load_power_service() noexcept {
    power::load_libvirt();
}

}  // namespace vix::host
