// A program with functions of its own that have names of the library's inside: of libc, of libpng, and
// of another Boost. The library must neither call them nor be called by them. Global objects use VIX
// before main() and after it.
//
//   names VMX FOLDER
#include "check.h"

#include <string>

static int called;

extern "C" {
int pause() { return ++called; }
void reset() { ++called; }
#ifndef SHARED_PNG
void *png_create_write_struct(const char *, void *, void *, void *) { ++called; return nullptr; }
#endif
}

#ifndef SHARED_BOOST
namespace boost {
namespace system { class error_code; }
namespace filesystem {
class path {};
struct file_status { int type, permissions; };
namespace detail {
__attribute__((used)) file_status status(const path &, system::error_code *) { ++called; return {0, 0}; }
__attribute__((used)) bool create_directories(const path &, system::error_code *) { ++called; return false; }
__attribute__((used)) void rename(const path &, const path &, system::error_code *) { ++called; }
__attribute__((used)) bool remove(const path &, system::error_code *) { ++called; return false; }
}  // namespace detail
}  // namespace filesystem
}  // namespace boost
#endif

namespace vix {
__attribute__((used)) std::string error_text(long) { ++called; return {}; }
}  // namespace vix

namespace {

class Connection {
  public:
    Connection() : host_{connect_here(0)} {}
    ~Connection() {
        CHECK(Vix_GetHandleType(host_) == VIX_HANDLETYPE_HOST);
        const VixHandle another = connect_here(0);
        CHECK(another > 0);
        VixHost_Disconnect(another);
        VixHost_Disconnect(host_);
        CHECK(Vix_GetHandleType(host_) == VIX_HANDLETYPE_NONE);
        if (failures != 0 || called != 0) _Exit(9);
    }
    VixHandle host() const { return host_; }

  private:
    VixHandle host_;
};

const Connection connection;

}  // namespace

int main(int count, char **arguments) {
    if (count != 3) return 2;
    const VixHandle vm = open_vm(connection.host(), arguments[1]);
    const std::string path = std::string{arguments[2]} + "/names/clone.vmx";
    const VixHandle clone = handle_of(
        VixVM_Clone(vm, 0, VIX_CLONETYPE_FULL, path.c_str(), 0, 0, nullptr, nullptr));
    CHECK(clone > 0);
    ENDS(VixVM_Delete(clone, VIX_VMDELETE_DISK_FILES, nullptr, nullptr), VIX_OK);
    CHECK(called == 0);
    CHECK(strlen(Vix_GetErrorText(VIX_E_FAIL, nullptr)) > 0);
    CHECK(called == 0);
    return summary();
}
