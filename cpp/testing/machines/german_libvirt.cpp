#include "testing/machines/german_libvirt.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <stdexcept>

#include "base/error.h"
#include "io/process/environment.h"
#include "io/process/process.h"
#include "power/libvirt/libvirt.h"
#include "testing/machines/guest.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::testing {
namespace {

// Newer C libraries do not translate in "C.UTF-8", and other locales may not be installed, so one
// is compiled from its source.
constexpr const char* kLocale = "de_DE.UTF-8";
constexpr const char* kLocaleSource = "/usr/share/i18n/locales/de_DE";
constexpr const char* kTranslation = "/usr/share/locale/de/LC_MESSAGES/libvirt.mo";

// Root's daemon always uses these folders, so it gets empty ones mounted there. In a process
// namespace of its own, all its processes end with the shell.
constexpr const char* kOwnNamespaces =
    "unshare --mount --propagation private --pid --fork --kill-child --mount-proc ";

// $1: the folder. A user's daemon finds its folders through the environment.
constexpr const char* kRun = R"sh(
folder=$1
export HOME="$folder" XDG_RUNTIME_DIR="$folder" XDG_CONFIG_HOME="$folder" XDG_CACHE_HOME="$folder"
settings=$folder/libvirt
if [ "$(id -u)" = 0 ]; then
    settings=/etc/libvirt
    for own in /run /var/lib/libvirt /var/log/libvirt /etc/libvirt; do
        mount -t tmpfs none "$own" || exit 1
    done
fi
mkdir -p "$settings"
echo "stdio_handler = \"file\"" >"$settings/qemu.conf"  # without virtlogd
PATH=$PATH:/usr/sbin:/sbin
for daemon in libvirtd virtqemud; do
    command -v "$daemon" >/dev/null && break
done
echo "unix_sock_dir = \"$folder\"" >"$folder/daemon.conf"
echo "auth_unix_rw = \"none\"" >>"$folder/daemon.conf"
ulimit -n 1024
"$daemon" -f "$folder/daemon.conf" </dev/null &
# Waits for the end of the test, and meanwhile for every process whose parent has ended.
cat
kill $!
wait $!
)sh";

bool has_program(const char* name) {
    return io::find_program(io::Environment::of_process(), name).has_value();
}

}  // namespace

std::string GermanLibvirt::why_not() {
    if (auto reason = why_not_asked_for(); !reason.empty()) return reason;
    for (const char* program :
         {"qemu-system-x86_64", "qemu-storage-daemon", "unshare", "localedef"}) {
        if (!has_program(program)) return std::string{program} + " is not installed";
    }
    if (!fs::exists("/usr/sbin/libvirtd") && !fs::exists("/usr/sbin/virtqemud")) {
        return "no daemon of libvirt is installed";
    }
    if (!fs::exists(kTranslation)) {
        return std::string{kTranslation} + " is missing (on Debian: libvirt-l10n)";
    }
    if (!fs::exists(kLocaleSource)) {
        return std::string{kLocaleSource} + " is missing (on Debian: locales)";
    }
    if (geteuid() == 0 && std::system((std::string{kOwnNamespaces} + "true 2>&1").c_str()) != 0) {
        return "namespaces cannot be made here";
    }
    return {};
}

GermanLibvirt::GermanLibvirt(fs::path folder) : folder_{std::move(folder)} {
    write_file(folder_ / "run.sh", kRun);
    const fs::path locales = folder_ / "locales";
    fs::create_directory(locales);
    io::run(io::Environment::of_process(),
            {"localedef", "-i", "de_DE", "-f", "UTF-8", (locales / kLocale).string()});
    const std::string command = "LOCPATH=" + locales.string() + " LC_ALL=" + kLocale +
                                " LANGUAGE=de exec " + (geteuid() == 0 ? kOwnNamespaces : "") +
                                "sh " + (folder_ / "run.sh").string() + ' ' + folder_.string() +
                                " >" + (folder_ / "log").string() + " 2>&1";
    input_ = popen(command.c_str(), "we");
    if (input_ == nullptr) throw std::runtime_error{"cannot start a shell"};
    wait_until([&] { return answers(); });
}

GermanLibvirt::~GermanLibvirt() {
    pclose(input_);  // its exit status does not matter
}

fs::path GermanLibvirt::socket() const {
    const fs::path modular = folder_ / "virtqemud-sock";
    return fs::exists(modular) ? modular : folder_ / "libvirt-sock";
}

std::string GermanLibvirt::uri() const {
    const std::string kind = geteuid() == 0 ? "system" : "session";
    return "qemu+unix:///" + kind + "?socket=" + socket().string();
}

bool GermanLibvirt::answers() const {
    if (!fs::exists(socket())) return false;
    power::Settings settings;
    settings.uri = uri();
    settings.environment = io::Environment::of_process();
    try {
        const power::Connection connection{settings};
        return true;
    } catch (const Error&) {
        return false;
    }
}

std::string GermanLibvirt::log() const {
    return read_file(folder_ / "log");
}

}  // namespace vix::testing
