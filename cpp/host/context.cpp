#include "host/context.h"

#include <boost/filesystem/operations.hpp>

namespace fs = boost::filesystem;

namespace vix::host {

bool Context::is_in_datastore(std::string_view path) const {
    if (!io::is_datastore_path(path)) return false;
    boost::system::error_code unreachable;
    const fs::path here = working_folder() / fs::path{std::string{path}};
    return fs::symlink_status(here, unreachable).type() <= fs::file_not_found;
}

boost::filesystem::path Context::resolve(std::string_view path) const {
    if (is_in_datastore(path)) return settings().path_map.resolve_in_datastore(path);
    return boost::filesystem::absolute(settings().path_map.resolve(path), working_folder());
}

}  // namespace vix::host
